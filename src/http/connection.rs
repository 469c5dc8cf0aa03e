//! One connection, request by request.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::body;
use super::exchange::{Exchange, Method, Target};
use super::pool::Pool;
use super::problem::Problem;
use super::response::{self, Response};
use super::router::{self, Match, Route};
use super::watch::Seat;
use super::{correction, embed, ops, posts, viewers, views};
use crate::clock;
use crate::metrics::{Answer, KnownAnswers};

/// A longer target's buffer is given back after its request.
const TARGET_KEPT: usize = 4096;

/// What a thread keeps from request to request: its buffers, and where its measurements go.
#[derive(Default)]
pub(super) struct Scratch {
    target: String,
    /// The last agent judged, and whether it is a crawler.
    agent: (String, bool),
    response: Response,
    out: Vec<u8>,
    known_answers: KnownAnswers,
}

/// Serves a connection to its end.
///
/// The library yields requests until the client has sent its last; what it cannot parse, it has answered with 400
/// itself and ends the connection.
pub(super) fn serve<E>(
    connection: impl Iterator<Item = Result<tiny_http::Request, E>>,
    pool: &Pool,
    seat: &Seat,
    scratch: &mut Scratch,
) {
    let mut known = false;
    for request in connection {
        seat.done();
        let Ok(request) = request else {
            return;
        };
        if !known {
            seat.set_peer(request.remote_addr().copied());
            known = true;
        }
        let go_on = catch_unwind(AssertUnwindSafe(|| respond(request, pool, seat, scratch)));
        scratch.response.reset();
        response::shrink(&mut scratch.out);
        scratch.target.shrink_to(TARGET_KEPT);
        if !go_on.unwrap_or(false) {
            return;
        }
        seat.wait(pool.idle_timeout);
    }
}

/// Answers one request. Returns whether the connection may carry another.
fn respond(
    mut request: tiny_http::Request,
    pool: &Pool,
    seat: &Seat,
    scratch: &mut Scratch,
) -> bool {
    let started = Instant::now();
    let service = &*pool.service;
    // Kept until the view is sent, so that a drain waits for it.
    let pass = service.gate.enter();
    let Scratch {
        target,
        agent,
        response,
        out,
        known_answers,
    } = scratch;
    target.clear();
    target.push_str(request.url());
    let mut exchange = Exchange {
        service,
        seat,
        method: Method::from(request.method()),
        target: Target::parse(target),
        request: &mut request,
        response: &mut *response,
        agent,
        event: None,
        body_read: false,
    };
    let route = match catch_unwind(AssertUnwindSafe(|| answer(&mut exchange, pass.is_some()))) {
        Ok(route) => route,
        Err(_) => {
            Problem::internal().write(exchange.response);
            Route::Unknown
        }
    };
    body::settle(&mut exchange);
    finish_headers(&mut exchange, pool);
    let Exchange { method, event, .. } = exchange;
    let now = clock::now();
    response.render(out, now, &service.cors_origin, method == Method::Head);
    let mut writer = request.into_writer();
    let written = writer.write_all(out).and_then(|()| writer.flush());
    drop(writer);
    if let (Some(mut event), Ok(())) = (event, &written) {
        event.at = now;
        service.events.send(event);
    }
    drop(pass);
    let status = response.status();
    service.metrics.answered(
        known_answers,
        Answer {
            route: route.name(),
            status,
        },
        started.elapsed(),
    );
    tracing::debug!(
        method = method.name(),
        route = route.name(),
        status,
        "answered"
    );
    written.is_ok() && !response.closes()
}

/// Finds the route and lets its handler fill the response.
fn answer(exchange: &mut Exchange<'_>, open: bool) -> Route {
    let found = router::find(exchange.target.path);
    let result = if !open && !ops::answers_while_draining(found.route) {
        Err(Problem::draining())
    } else {
        check(exchange, found.route).and_then(|()| handle(exchange, found))
    };
    if let Err(problem) = result {
        exchange.event = None;
        problem.write(exchange.response);
    }
    found.route
}

fn check(exchange: &Exchange<'_>, route: Route) -> Result<(), Problem> {
    body::check_framing(exchange)?;
    // RFC 9112 §3.2.
    if *exchange.request.http_version() >= (1, 1) && exchange.header("Host").is_none() {
        return Err(Problem::bad_request("the Host header is missing"));
    }
    if route == Route::Unknown && exchange.target.path != "*" {
        return Err(Problem::no_such_path());
    }
    if exchange.method != Method::Options && !route.methods().contains(&exchange.method) {
        return Err(Problem::method_not_allowed(allow(route)));
    }
    Ok(())
}

fn handle(exchange: &mut Exchange<'_>, found: Match<'_>) -> Result<(), Problem> {
    let Match {
        route,
        post,
        viewer,
    } = found;
    match (route, exchange.method) {
        (_, Method::Options) => {
            preflight(exchange, route);
            Ok(())
        }
        (Route::Posts, Method::Post) => posts::create(exchange),
        (Route::Posts, _) => posts::list(exchange),
        (Route::Post, Method::Put) => posts::update(exchange, post),
        (Route::Post, Method::Delete) => posts::delete(exchange, post),
        (Route::Post, _) => posts::read(exchange, post),
        (Route::PostViews, Method::Post) => views::beacon(exchange, post),
        (Route::PostViews, Method::Put) => correction::put(exchange, post),
        (Route::PostViews, _) => views::of_post(exchange, post),
        (Route::PostViewers, _) => viewers::of_post(exchange, post),
        (Route::PostViewer, _) => viewers::one(exchange, post, viewer),
        (Route::ViewerPosts, _) => viewers::posts(exchange, viewer),
        (Route::Viewer, _) => viewers::forget(exchange, viewer),
        (Route::BadgeSvg, _) => embed::badge_svg(exchange, post),
        (Route::BadgeJson, _) => embed::badge_json(exchange, post),
        (Route::Pixel, _) => embed::pixel(exchange, post),
        (Route::Snippet, _) => embed::snippet(exchange),
        (Route::SiteViews, _) => views::of_many(exchange),
        (Route::Healthz, _) => ops::healthz(exchange),
        (Route::Readyz, _) => ops::readyz(exchange),
        (Route::Metrics, _) => ops::metrics(exchange),
        (Route::Unknown, _) => Err(Problem::no_such_path()),
    }
}

fn allow(route: Route) -> String {
    let names: Vec<&str> = route.methods().iter().map(|method| method.name()).collect();
    names.join(", ") + ", OPTIONS"
}

/// What a browser asks before a request across sites: reads and beacons are open to every site that
/// `--cors-origin` names; writing is not.
fn preflight(exchange: &mut Exchange<'_>, route: Route) {
    let beacon = route == Route::PostViews;
    exchange.response.start(204);
    exchange.response.header("Allow", &allow(route));
    exchange.response.header(
        "Access-Control-Allow-Methods",
        if beacon {
            "GET, HEAD, POST"
        } else {
            "GET, HEAD"
        },
    );
    exchange.response.header(
        "Access-Control-Allow-Headers",
        "Content-Type, If-None-Match",
    );
    exchange.response.header("Access-Control-Max-Age", "86400");
}

/// Says in the response what becomes of the connection, as the library will have it.
fn finish_headers(exchange: &mut Exchange<'_>, pool: &Pool) {
    let asked = exchange.header("Connection").unwrap_or_default();
    let has = |token: &str| {
        asked
            .split(',')
            .any(|given| given.trim().eq_ignore_ascii_case(token))
    };
    let old = *exchange.request.http_version() < (1, 1);
    let ends = has("close") || has("upgrade") || (old && !has("keep-alive"));
    if ends || pool.is_crowded() || exchange.service.gate.is_closed() {
        exchange.response.close();
    } else if old {
        exchange.response.header("Connection", "keep-alive");
    }
}
