//! One connection, request by request.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::body;
use super::exchange::{Exchange, Method, Target};
use super::head::{self, Arrived};
use super::pool::Pool;
use super::problem::Problem;
use super::response::{self, Response};
use super::router::{self, Match, Route};
use super::sockets::{self, Seen};
use super::watch::Seat;
use super::{correction, embed, ops, posts, viewers, views};
use crate::clock;
use crate::metrics::{Answer, KnownAnswers};

/// How much of what has arrived is looked at. A longer head or body costs a thread until its connection ends.
const LOOK: usize = 8 << 10;

/// A longer target's buffer is given back after its request.
const TARGET_KEPT: usize = 4096;

/// A client's connection, from being accepted to its end.
pub(super) struct Connection {
    requests: Requests,
    /// The socket's number, for what the library does not do. Good as long as this lives, which keeps it open.
    socket: RawFd,
    peer: SocketAddr,
    /// The last agent judged, and whether it is a crawler: the requests of a connection mostly come from one agent.
    agent: (String, bool),
    /// Since when it has been waiting for its client.
    pub(super) waiting_since: Instant,
    /// Whether the client has said that it sends nothing more.
    pub(super) ended: bool,
    /// Whether the library may hold a part of the next request already, which the kernel will not tell of again.
    read_ahead: bool,
}

/// The library's connection: it yields requests until the client has sent its last. `None` is what it cannot parse; it
/// has answered that with 400 itself.
type Requests = Box<dyn Iterator<Item = Option<tiny_http::Request>> + Send>;

/// What is to become of a connection.
pub(super) enum Then {
    /// It waits for its client, who need not find a thread waiting.
    Park,
    /// It is to be served on at once: there may be more.
    GoOn,
    /// It is over.
    End,
}

/// The client has gone.
struct Ended;

/// What a thread keeps from request to request: its buffers, and where its measurements go.
pub(super) struct Scratch {
    arrived: Box<[u8; LOOK]>,
    target: String,
    response: Response,
    out: Vec<u8>,
    known_answers: KnownAnswers,
}

impl Default for Scratch {
    fn default() -> Scratch {
        Scratch {
            arrived: Box::new([0; LOOK]),
            target: String::new(),
            response: Response::default(),
            out: Vec::new(),
            known_answers: KnownAnswers::default(),
        }
    }
}

impl Connection {
    pub(super) fn new<E: 'static>(
        requests: impl Iterator<Item = Result<tiny_http::Request, E>> + Send + 'static,
        socket: RawFd,
        peer: SocketAddr,
    ) -> Box<Connection> {
        Box::new(Connection {
            requests: Box::new(requests.map(Result::ok)),
            socket,
            peer,
            agent: (String::new(), false),
            waiting_since: Instant::now(),
            ended: false,
            read_ahead: false,
        })
    }

    pub(super) fn socket(&self) -> RawFd {
        self.socket
    }

    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Serves the next request, if one has arrived.
    pub(super) fn serve(&mut self, pool: &Pool, seat: &Seat, scratch: &mut Scratch) -> Then {
        if !self.read_ahead {
            match self.look(&mut scratch.arrived) {
                Ok(Arrived::OneRequest) => {}
                Ok(Arrived::PartOfHead) if !self.ended => return Then::Park,
                Ok(Arrived::LaterVersion) => {
                    self.refuse(&Problem::version_not_supported(), pool, scratch);
                    return Then::End;
                }
                Ok(Arrived::PartOfHead | Arrived::Other) => self.read_ahead = true,
                Err(Ended) => return Then::End,
            }
        }
        let _held_up = self.read_ahead.then(|| pool.crew.held_up(seat));
        seat.wait(pool.idle_timeout);
        let request = self.requests.next();
        seat.done();
        let Some(Some(request)) = request else {
            return Then::End;
        };
        let go_on = catch_unwind(AssertUnwindSafe(|| {
            respond(request, self.socket, &mut self.agent, pool, seat, scratch)
        }));
        scratch.response.reset();
        response::shrink(&mut scratch.out);
        scratch.target.shrink_to(TARGET_KEPT);
        self.waiting_since = Instant::now();
        match go_on {
            Ok(true) if self.read_ahead || self.ended => Then::GoOn,
            Ok(true) => Then::Park,
            Ok(false) | Err(_) => Then::End,
        }
    }

    /// Answers what the library is not to see.
    fn refuse(&self, problem: &Problem, pool: &Pool, scratch: &mut Scratch) {
        let service = &*pool.service;
        let Scratch { response, out, .. } = scratch;
        problem.write(response);
        response.close();
        response.render(out, clock::now(), &service.cors_origin, false);
        // It is short, and the first on its connection or the only one under way: it fits, or the client is gone.
        sockets::send_now(self.socket, out);
        // What is closed before it was read is reset, and the answer with it.
        sockets::discard(self.socket, &mut *scratch.arrived);
        let answer = Answer {
            route: Route::Unknown.name(),
            status: response.status(),
        };
        service
            .metrics
            .answered(&mut scratch.known_answers, answer, Duration::ZERO);
        response.reset();
    }

    fn look(&self, buffer: &mut [u8; LOOK]) -> Result<Arrived, Ended> {
        match sockets::peek(self.socket, buffer) {
            Seen::End => Err(Ended),
            // An event told of something: the library has it already.
            Seen::Nothing | Seen::Bytes(LOOK) => Ok(Arrived::Other),
            Seen::Bytes(length) => Ok(head::look(&buffer[..length])),
        }
    }
}

/// Answers one request. Returns whether the connection may carry another.
fn respond(
    mut request: tiny_http::Request,
    socket: RawFd,
    agent: &mut (String, bool),
    pool: &Pool,
    seat: &Seat,
    scratch: &mut Scratch,
) -> bool {
    let started = Instant::now();
    let service = &*pool.service;
    // Kept until the view is sent, so that a drain waits for it.
    let pass = service.gate.enter();
    let Scratch {
        arrived: _,
        target,
        response,
        out,
        known_answers,
    } = scratch;
    target.clear();
    target.push_str(request.url());
    let mut exchange = Exchange {
        service,
        crew: &pool.crew,
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
    let written = write(request.into_writer(), socket, out, pool, seat);
    if let (Some(mut event), Ok(())) = (event, &written) {
        event.at = now;
        let mut held_up = None;
        let mut about_to_wait = || held_up = pool.crew.held_up(seat);
        service.events.send(event, &mut about_to_wait);
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

/// Writes a response in one piece. What the socket does not take at once has to wait for the client.
fn write(
    mut writer: Box<dyn Write + Send>,
    socket: RawFd,
    out: &[u8],
    pool: &Pool,
    seat: &Seat,
) -> io::Result<()> {
    let written = sockets::send_now(socket, out);
    if written == out.len() {
        return Ok(());
    }
    let _held_up = pool.crew.held_up(seat);
    writer.write_all(&out[written..])?;
    writer.flush()
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
    let _held_up =
        asks_the_store(route, exchange.method).then(|| exchange.crew.held_up(exchange.seat));
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

/// Whether answering means asking the store, which may take its time. What is answered from a post in memory says so
/// only if it is not there.
fn asks_the_store(route: Route, method: Method) -> bool {
    match route {
        Route::Post => !matches!(method, Method::Get | Method::Head),
        Route::PostViews => method != Method::Post,
        Route::BadgeSvg
        | Route::BadgeJson
        | Route::Pixel
        | Route::Snippet
        | Route::Healthz
        | Route::Readyz
        | Route::Metrics
        | Route::Unknown => false,
        Route::Posts
        | Route::PostViewers
        | Route::PostViewer
        | Route::ViewerPosts
        | Route::Viewer
        | Route::SiteViews => true,
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
