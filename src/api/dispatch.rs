//! From a route to its endpoint.

use std::sync::Arc;

use super::router::{self, Match, Route};
use super::{
    compat, correction, embed, health, openapi, posts, removed_hours, site_views, viewers, views,
};
use crate::endpoint::page::{known_page, page_of};
use crate::endpoint::parameters::durable;
use crate::endpoint::{Exchange, PostQuery, SiteState, errors, lookup};
use crate::http::{Method, Problem, Response, query};
use crate::model::{PageAddress, ViewEvent};
use crate::server::{Plan, Request, StoreUse};
use crate::store::CachedPost;

/// What planning found out.
pub struct Found<'r> {
    place: Match<'r>,
    /// The post the path names, where it is in memory.
    known: Option<Arc<CachedPost>>,
    /// What most requests have nothing of: they are moved about without the room for it.
    rare: Option<Box<Rare>>,
}

/// What planning found out besides.
enum Rare {
    /// It is of another counter's protocol.
    Compat(compat::Found),
    /// The page of a beacon by address.
    Page(PageAddress),
    /// Why the request is not handled.
    Refusal(Problem),
}

/// Decides what answering takes.
pub fn plan<'r>(state: &SiteState, request: &Request<'r>) -> Plan<Found<'r>> {
    let place = router::find(request.target.path);
    if place.route == Route::Unknown
        && !state.compat.is_empty()
        && let Some(plan) = compat::plan(state, request)
    {
        return plan.map(|found| Found {
            place,
            known: None,
            rare: Some(Box::new(Rare::Compat(found))),
        });
    }
    let planned = check(state, request, place.route).and_then(|()| match place.route {
        Route::SiteViews if request.method == Method::Post => {
            plan_page_beacon(state, request.target.query)
        }
        _ => {
            let (known, store) = needs(state, request, place);
            Ok((None, known, store))
        }
    });
    let is_refused = planned.is_err();
    let (rare, known, store) = match planned {
        Ok(planned) => planned,
        Err(problem) => (Some(Box::new(Rare::Refusal(problem))), None, None),
    };
    Plan {
        route: place.route.name(),
        store,
        reads_body: !is_refused && reads_body(place.route, request.method),
        during_drain: place.route.is_for_operators(),
        context: Found { place, known, rare },
    }
}

/// Fills the response; returns what goes to the counters once it is written.
///
/// # Errors
/// What is answered instead.
pub fn answer(
    state: &SiteState,
    request: &Request<'_>,
    found: Found<'_>,
    response: &mut Response,
) -> Result<Option<ViewEvent>, Problem> {
    let mut exchange = Exchange::new(state, request, found.known, response);
    match found.rare.map(|rare| *rare) {
        None => call(&mut exchange, found.place, None)?,
        Some(Rare::Page(page)) => call(&mut exchange, found.place, Some(page))?,
        Some(Rare::Compat(compat)) => compat::answer(&mut exchange, compat)?,
        Some(Rare::Refusal(problem)) => return Err(problem),
    }
    Ok(exchange.event)
}

/// What is rare of a request, its post where that is in memory, and the use of the store.
type Planned = (Option<Box<Rare>>, Option<Arc<CachedPost>>, Option<StoreUse>);

fn plan_page_beacon(state: &SiteState, text: &str) -> Result<Planned, Problem> {
    // A page sends its address always alike: what is not read again costs little more than a slug.
    let sent = query::raw(text, "url=").ok_or_else(views::no_url)?;
    if let Some(post) = state.store.cached_url(sent) {
        return Ok((None, Some(post), None));
    }
    let url = query::get(text, "url").ok_or_else(views::no_url)?;
    let page = page_of(state, &url)?;
    let (known, store) = known_page(state, &page, true);
    if let Some(post) = &known {
        let is_slug = state.pages.sites.is_empty();
        state.store.remember_url(sent, post, is_slug);
    }
    Ok((Some(Box::new(Rare::Page(page))), known, store))
}

/// What the request's head alone decides. The token comes first of all that costs anything: a body is read only for
/// those who may write.
fn check(state: &SiteState, request: &Request<'_>, route: Route) -> Result<(), Problem> {
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
        state.auth.check(&request.headers)?;
    }
    match route.parameters(request.method) {
        Some(known) => check_parameters(request.target.query, known),
        None => Ok(()),
    }
}

/// Refuses a parameter that means nothing here: it is misspelt, and what it was to do would silently not be done.
fn check_parameters(text: &str, known: &[&str]) -> Result<(), Problem> {
    match query::names(text).find(|name| !known.contains(&name.as_ref())) {
        Some(unknown) => Err(errors::unknown_parameter(&unknown, known)),
        None => Ok(()),
    }
}

/// The post, if it is in memory; and how the store is used, if it is.
fn needs(
    state: &SiteState,
    request: &Request<'_>,
    place: Match<'_>,
) -> (Option<Arc<CachedPost>>, Option<StoreUse>) {
    let is_read = matches!(request.method, Method::Get | Method::Head);
    let store_use = match (place.route, request.method) {
        (_, Method::Options) => return (None, None),
        (Route::Post, _) if is_read => return lookup::known_post(state, place.post),
        (Route::PostViews, Method::Post)
            if durable(request.target.query).is_ok_and(|durable| durable) =>
        {
            let (known, _) = lookup::known_post(state, place.post);
            return (known, Some(StoreUse::Durable));
        }
        (Route::PostViews, Method::Post) => return lookup::known_post(state, place.post),
        (Route::BadgeSvg | Route::BadgeJson | Route::Pixel, _) => {
            return lookup::known_post(state, place.post);
        }
        (
            Route::Snippet
            | Route::Healthz
            | Route::Readyz
            | Route::Metrics
            | Route::OpenApi
            | Route::Unknown,
            _,
        ) => return (None, None),
        (Route::Posts, _) if is_read => PostQuery::store_use(request.target.query),
        (Route::SiteViews, _) if site_views::is_whole_site(request.target.query) => StoreUse::Scan,
        _ if is_read => StoreUse::Read,
        _ => StoreUse::Write,
    };
    (None, Some(store_use))
}

fn reads_body(route: Route, method: Method) -> bool {
    matches!(
        (route, method),
        (Route::Posts | Route::PostCorrections, Method::Post)
            | (Route::Post | Route::PostViews, Method::Put)
    )
}

fn call(
    exchange: &mut Exchange<'_>,
    place: Match<'_>,
    page: Option<PageAddress>,
) -> Result<(), Problem> {
    let Match {
        route,
        post,
        viewer,
        correction: number,
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
        (Route::PostCorrections, Method::Post) => removed_hours::post(exchange, post),
        (Route::PostCorrections, _) => correction::list(exchange, post),
        (Route::PostCorrection, Method::Delete) => removed_hours::delete(exchange, post, number),
        (Route::PostCorrection, _) => removed_hours::get(exchange, post, number),
        (Route::ViewerPosts, _) => viewers::posts(exchange, viewer),
        (Route::Viewer, _) => viewers::forget(exchange, viewer),
        (Route::BadgeSvg, _) => embed::badge_svg(exchange, post),
        (Route::BadgeJson, _) => embed::badge_json(exchange, post),
        (Route::Pixel, _) => embed::pixel(exchange, post),
        (Route::Snippet, _) => embed::snippet(exchange),
        (Route::SiteViews, Method::Post) => views::page_beacon(exchange, page),
        (Route::SiteViews, _) => site_views::get(exchange),
        (Route::Healthz, _) => health::healthz(exchange),
        (Route::Readyz, _) => health::readyz(exchange),
        (Route::Metrics, _) => health::metrics(exchange),
        (Route::OpenApi, _) => openapi::get(exchange),
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
    let beacon = matches!(route, Route::PostViews | Route::SiteViews);
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
