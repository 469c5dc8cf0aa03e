//! From a route to its endpoint.

use std::sync::Arc;

use super::errors;
use super::exchange::Exchange;
use super::lookup::decode_segment;
use super::router::{self, Match, Route};
use super::state::ApiState;
use super::{correction, embed, health, posts, site_views, viewers, views};
use crate::counter::Recorded;
use crate::http::{Method, Problem, Response, query};
use crate::model::PostKey;
use crate::server::{Handler, Plan, Request, StoreUse};
use crate::store::CachedPost;

/// What planning found out.
pub struct Found<'r> {
    place: Match<'r>,
    /// The post the path names, where it is in memory.
    known: Option<Arc<CachedPost>>,
    /// Why the request is not handled.
    refusal: Option<Problem>,
}

impl Handler for ApiState {
    type Context<'r> = Found<'r>;
    type Event = Recorded;

    fn plan<'r>(&self, request: &Request<'r>) -> Plan<Found<'r>> {
        let place = router::find(request.target.path);
        let refusal = self.check(request, place.route).err();
        let (known, store) = match &refusal {
            Some(_) => (None, None),
            None => self.needs(request, place),
        };
        Plan {
            route: place.route.name(),
            store,
            reads_body: refusal.is_none() && reads_body(place.route, request.method),
            during_drain: place.route.is_for_operators(),
            context: Found {
                place,
                known,
                refusal,
            },
        }
    }

    fn handle<'r>(
        &self,
        request: &Request<'r>,
        found: Found<'r>,
        response: &mut Response,
    ) -> Option<Recorded> {
        let mut exchange = Exchange {
            state: self,
            request,
            known: found.known,
            response,
            event: None,
        };
        let result = match found.refusal {
            Some(problem) => Err(problem),
            None => answer(&mut exchange, found.place),
        };
        match result {
            Ok(()) => exchange.event.map(|event| self.events.record(event)),
            Err(problem) => {
                problem.write(exchange.response);
                None
            }
        }
    }

    fn after_write(&self, event: Recorded, before_block: &mut dyn FnMut()) {
        self.events.send(event, before_block);
    }
}

impl ApiState {
    /// What the request's head alone decides. The token comes first of all that costs anything: a body is read only for
    /// those who may write.
    fn check(&self, request: &Request<'_>, route: Route) -> Result<(), Problem> {
        if route == Route::Unknown && request.target.path != "*" {
            return Err(errors::no_such_path());
        }
        if request.method == Method::Options {
            return Ok(());
        }
        if !route.methods().contains(&request.method) {
            return Err(errors::method_not_allowed(allow(route)));
        }
        if route.needs_token(request.method) {
            self.auth.check(&request.headers)?;
        }
        Ok(())
    }

    /// The post, if it is in memory; and how the store is used, if it is.
    fn needs(
        &self,
        request: &Request<'_>,
        place: Match<'_>,
    ) -> (Option<Arc<CachedPost>>, Option<StoreUse>) {
        let is_read = matches!(request.method, Method::Get | Method::Head);
        let store_use = match (place.route, request.method) {
            (_, Method::Options) => return (None, None),
            (Route::Post, _) if is_read => return self.needs_post(place.post),
            (Route::PostViews, Method::Post) => return self.needs_post(place.post),
            (Route::BadgeSvg | Route::BadgeJson | Route::Pixel, _) => {
                return self.needs_post(place.post);
            }
            (
                Route::Snippet | Route::Healthz | Route::Readyz | Route::Metrics | Route::Unknown,
                _,
            ) => return (None, None),
            (Route::Posts, _) if is_read => posts::list_use(request.target.query),
            (Route::SiteViews, _) if query::get(request.target.query, "posts").is_none() => {
                StoreUse::Scan
            }
            _ if is_read => StoreUse::Read,
            _ => StoreUse::Write,
        };
        (None, Some(store_use))
    }

    fn needs_post(&self, segment: &str) -> (Option<Arc<CachedPost>>, Option<StoreUse>) {
        match decode_segment(segment) {
            Ok(slug) => match self.store.cached(PostKey::parse(&slug)) {
                Some(post) => (Some(post), None),
                None => (None, Some(StoreUse::Read)),
            },
            // Nothing has such a name.
            Err(_) => (None, None),
        }
    }
}

fn reads_body(route: Route, method: Method) -> bool {
    matches!(
        (route, method),
        (Route::Posts, Method::Post) | (Route::Post | Route::PostViews, Method::Put)
    )
}

fn answer(exchange: &mut Exchange<'_>, place: Match<'_>) -> Result<(), Problem> {
    let Match {
        route,
        post,
        viewer,
    } = place;
    match (route, exchange.method()) {
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
        (Route::SiteViews, _) => site_views::get(exchange),
        (Route::Healthz, _) => health::healthz(exchange),
        (Route::Readyz, _) => health::readyz(exchange),
        (Route::Metrics, _) => health::metrics(exchange),
        (Route::Unknown, _) => Err(errors::no_such_path()),
    }
}

fn allow(route: Route) -> String {
    let methods = match route {
        // Of the server as a whole: what any path of it allows.
        Route::Unknown => &[
            Method::Get,
            Method::Head,
            Method::Post,
            Method::Put,
            Method::Delete,
        ],
        known => known.methods(),
    };
    let names: Vec<&str> = methods.iter().map(|method| method.name()).collect();
    names.join(", ") + ", OPTIONS"
}

/// What a browser asks before a request across sites: reads and beacons are open to every site that `--cors-origin`
/// names; writing is not.
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
