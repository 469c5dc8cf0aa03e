//! From a path of another counter to what answers it.

use super::router::{self, Route};
use super::{busuanzi, goatcounter, leancloud, vercount, waline};
use crate::api::embed;
use crate::embed::{BUSUANZI, VERCOUNT};
use crate::endpoint::{Exchange, SiteState, errors};
use crate::http::{Method, Problem};
use crate::server::{Plan, Request, StoreUse};

/// The longest body, in bytes: of a batch, or of a page's address and title.
const MAX_BODY: u64 = 64 * 1024;

/// A request that is answered here.
#[derive(Clone, Copy)]
pub(in crate::api) struct Found {
    route: Route,
    /// Whether it may be answered.
    refused: Option<Refusal>,
}

#[derive(Clone, Copy)]
enum Refusal {
    Method,
    Length,
}

/// What answering takes, if the path is that of a counter whose protocol is answered.
pub(in crate::api) fn plan(state: &SiteState, request: &Request<'_>) -> Option<Plan<Found>> {
    let route = router::find(request.target.path)?;
    if !state.compat.has(route.system()) {
        return None;
    }
    let method = request.method;
    let is_known = route.methods().contains(&method)
        || method == Method::Head && route.methods().contains(&Method::Get);
    let length = request.headers.get("Content-Length");
    let is_long = length.and_then(|length| length.parse::<u64>().ok()) > Some(MAX_BODY);
    let refused = match () {
        () if method == Method::Options => None,
        () if !is_known => Some(Refusal::Method),
        () if is_long => Some(Refusal::Length),
        () => None,
    };
    let is_answered = refused.is_none() && method != Method::Options;
    let store = match (route.is_script(), method) {
        (true, _) => None,
        (_, Method::Get | Method::Head) if !counts_by_get(route) => Some(StoreUse::Read),
        _ => Some(StoreUse::Write),
    };
    Some(Plan {
        route: route.name(),
        store: store.filter(|_| is_answered),
        reads_body: is_answered && route.reads_body(method),
        during_drain: false,
        context: Found { route, refused },
    })
}

/// Whether a `GET` may make a post.
fn counts_by_get(route: Route) -> bool {
    matches!(
        route,
        Route::Busuanzi | Route::BusuanziJsonp | Route::GoatCounterCount
    )
}

/// Fills the response.
pub(in crate::api) fn answer(exchange: &mut Exchange<'_>, found: Found) -> Result<(), Problem> {
    let Found { route, refused } = found;
    match refused {
        Some(Refusal::Method) => return Err(errors::method_not_allowed(allow(route))),
        Some(Refusal::Length) => return Err(errors::too_long_a_body(MAX_BODY)),
        None => {}
    }
    let method = exchange.method();
    if method == Method::Options {
        preflight(exchange, route);
        return Ok(());
    }
    if exchange.request.body.len() as u64 > MAX_BODY {
        return Err(errors::too_long_a_body(MAX_BODY));
    }
    match route {
        Route::Busuanzi => busuanzi::original(exchange),
        Route::BusuanziApi => busuanzi::api(exchange),
        Route::BusuanziJsonp => busuanzi::jsonp(exchange),
        Route::BusuanziScript => script(exchange, BUSUANZI),
        Route::VercountScript => script(exchange, VERCOUNT),
        Route::VercountV1 => vercount::log(exchange, vercount::Shape::Bare),
        Route::VercountV2 => vercount::log(exchange, vercount::Shape::Wrapped),
        Route::Waline => waline::article(exchange, waline::Shape::Wrapped),
        Route::WalineBare => waline::article(exchange, waline::Shape::Bare),
        Route::LeanCloudCounters if method == Method::Post => leancloud::create(exchange),
        Route::LeanCloudCounters => leancloud::query(exchange),
        Route::LeanCloudCounter => leancloud::update(exchange),
        Route::LeanCloudBatch => leancloud::batch(exchange),
        Route::GoatCounterCount => goatcounter::count(exchange),
        Route::GoatCounterNumber => goatcounter::number(exchange),
    }
}

fn script(exchange: &mut Exchange<'_>, text: &str) -> Result<(), Problem> {
    embed::script(exchange, text);
    Ok(())
}

fn allow(route: Route) -> String {
    let names: Vec<&str> = route.methods().iter().map(|method| method.name()).collect();
    names.join(", ") + ", OPTIONS"
}

/// What a browser asks before a request with the header fields of these clients.
fn preflight(exchange: &mut Exchange<'_>, route: Route) {
    let allowed = allow(route);
    exchange.response.start(204);
    exchange.response.header("Allow", &allowed);
    exchange
        .response
        .header("Access-Control-Allow-Methods", &allowed);
    exchange.response.header(
        "Access-Control-Allow-Headers",
        "Content-Type, Authorization, X-Bsz-Referer, X-LC-Id, X-LC-Key, X-LC-Sign, X-LC-Session, X-LC-Prod, X-LC-UA, \
         X-Browser-Token",
    );
    exchange.response.header("Access-Control-Max-Age", "86400");
}
