//! From a route to its handler.

use std::sync::Arc;

use super::body;
use super::exchange::{Exchange, Method, decode_segment};
use super::problem::Problem;
use super::router::{Match, Route};
use super::{correction, embed, ops, posts, viewers, views};
use crate::model::PostKey;
use crate::store::{CachedPost, CachedStore};

/// Lets the route's handler fill the response. `refused` says why it may not.
pub(super) fn answer(exchange: &mut Exchange<'_>, found: Match<'_>, refused: Option<Problem>) {
    let result = match refused {
        Some(problem) if !ops::answers_while_draining(found.route) => Err(problem),
        _ => check(exchange, found.route).and_then(|()| handle(exchange, found)),
    };
    if let Err(problem) = result {
        exchange.event = None;
        problem.write(exchange.response);
    }
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

/// What is known of a request before it is answered.
pub(super) enum Needs {
    /// Nothing that may take its time.
    Nothing,
    /// Nothing either: the post it is about is in memory.
    Known(Arc<CachedPost>),
    /// The store must be asked.
    TheStore,
}

impl Needs {
    pub(super) fn the_store(&self) -> bool {
        matches!(self, Needs::TheStore)
    }

    pub(super) fn known(self) -> Option<Arc<CachedPost>> {
        match self {
            Needs::Known(post) => Some(post),
            Needs::Nothing | Needs::TheStore => None,
        }
    }
}

/// What answering will take.
pub(super) fn needs(store: &CachedStore, found: Match<'_>, method: Method) -> Needs {
    let is_read = matches!(method, Method::Get | Method::Head);
    match found.route {
        Route::Post if is_read => needs_post(store, found.post),
        Route::PostViews if method == Method::Post => needs_post(store, found.post),
        Route::BadgeSvg | Route::BadgeJson | Route::Pixel => needs_post(store, found.post),
        Route::Snippet | Route::Healthz | Route::Readyz | Route::Metrics | Route::Unknown => {
            Needs::Nothing
        }
        Route::Post
        | Route::Posts
        | Route::PostViews
        | Route::PostViewers
        | Route::PostViewer
        | Route::ViewerPosts
        | Route::Viewer
        | Route::SiteViews => Needs::TheStore,
    }
}

fn needs_post(store: &CachedStore, segment: &str) -> Needs {
    match decode_segment(segment) {
        Ok(slug) => store
            .cached(PostKey::parse(&slug))
            .map_or(Needs::TheStore, Needs::Known),
        // Nothing has such a name.
        Err(_) => Needs::Nothing,
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
