//! What pages served elsewhere embed: badges, the pixel, the snippet.
//!
//! Numbers come from the post in memory, so that a badge in a popular README asks the database nothing.
//!
//! # Caching
//!
//! GitHub shows images through its proxy Camo, which hands `Cache-Control` and `ETag` on to the CDN before it, asks for
//! a year of caching where there is no `Cache-Control`, drops `Age`, and never sends `If-None-Match`
//! (github.com/atmos/camo, `server.coffee`). Its CDN obeys `s-maxage` and `max-age`; a bare `no-cache` was not enough
//! (rauchg/slackin#45, badgen/badgen#58, github/markup#224). Cloudflare keeps `.svg`, `.gif` and `.js` for two hours
//! where nothing is said. So each answer here says its time in seconds, or `no-store`.

use std::hash::BuildHasher;

use super::router::{self, Route};
use crate::embed::badge::{Badge, BadgeError};
use crate::embed::{PIXEL, SNIPPET};
use crate::endpoint::Exchange;
use crate::endpoint::errors;
use crate::endpoint::lookup::find_post;
use crate::endpoint::record_view::{record_view, write_outcome};
use crate::http::{Method, Problem, Response, etag};
use crate::model::Outcome;
use crate::server::Request;

/// Browsers ask each time and mostly get 304. Shared caches keep a badge for 30 s: two of them in a row, one before this
/// server and one before Camo, add up to a minute, since the second does not learn the age.
const BADGE: &str = "max-age=0, s-maxage=30";

/// Text in UTF-8, as XML is where nothing else is said.
const SVG: &str = "image/svg+xml";

/// An hour: a new version reaches all pages the same day, and a reader of several pages loads it once.
const SCRIPT: &str = "public, max-age=3600";

/// RFC 9111 §5.2.2.5: no cache of any kind may keep it, so each time it is shown, this server is asked.
const NEVER: &str = "no-store";

pub(super) fn badge_svg(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let badge = badge(exchange)?;
    let svg = badge.svg(views_of(exchange, segment)?);
    cached(exchange, SVG, BADGE, svg.as_bytes());
    Ok(())
}

/// Draws a problem, where the request asks for an image: a page would show text as a broken one, and its author would
/// not learn why. Returns whether it did.
pub fn draw_problem(request: &Request<'_>, problem: &Problem, response: &mut Response) -> bool {
    let is_badge = matches!(request.method, Method::Get | Method::Head)
        && router::find(request.target.path).route == Route::BadgeSvg;
    if is_badge {
        problem.start(response);
        response.text(SVG, &Badge::svg_without_number(problem.detail()));
    }
    is_badge
}

/// For shields.io, "Endpoint Badge".
pub(super) fn badge_json(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let badge = badge(exchange)?;
    let json = format!("{}\n", badge.json(views_of(exchange, segment)?));
    cached(exchange, "application/json", BADGE, json.as_bytes());
    Ok(())
}

/// One view for each time the image is loaded, for places without scripts.
pub(super) fn pixel(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let post = find_post(exchange, segment)?;
    let outcome = match exchange.method() {
        Method::Get => record_view(exchange, post.id),
        _ => Outcome::OptedOut,
    };
    exchange.response.start(200);
    write_outcome(exchange.response, outcome);
    exchange.response.header("Cache-Control", NEVER);
    open_to_all(exchange);
    exchange.response.bytes("image/gif", &PIXEL);
    Ok(())
}

pub(super) fn snippet(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    script(exchange, SNIPPET);
    Ok(())
}

/// A script for pages elsewhere.
pub(super) fn script(exchange: &mut Exchange<'_>, text: &str) {
    let script_type = "text/javascript; charset=utf-8";
    cached(exchange, script_type, SCRIPT, text.as_bytes());
}

fn badge(exchange: &Exchange<'_>) -> Result<Badge, Problem> {
    let parameters = form_urlencoded::parse(exchange.query().as_bytes());
    Badge::from_query(parameters).map_err(|error: BadgeError| {
        let (name, wanted) = error.wanted();
        errors::bad_parameter(name, wanted)
    })
}

fn views_of(exchange: &Exchange<'_>, segment: &str) -> Result<u64, Problem> {
    let views = find_post(exchange, segment)?.views();
    Ok(u64::try_from(views).unwrap_or(0))
}

/// A body with its entity tag; 304 without it for a client that has it.
pub(super) fn cached(exchange: &mut Exchange<'_>, content_type: &str, caching: &str, body: &[u8]) {
    let hash = foldhash::quality::FixedState::default().hash_one(body);
    let tag = format!("\"{hash:016x}\"");
    let known = exchange.request.headers.all("If-None-Match");
    let unchanged = etag::is_listed(known, tag.as_bytes());
    exchange.response.start(if unchanged { 304 } else { 200 });
    exchange.response.header("ETag", &tag);
    exchange.response.header("Cache-Control", caching);
    open_to_all(exchange);
    if !unchanged {
        exchange.response.bytes(content_type, body);
    }
}

/// Pages that demand it of all they embed (`Cross-Origin-Embedder-Policy: require-corp`) get it from here.
fn open_to_all(exchange: &mut Exchange<'_>) {
    exchange
        .response
        .header("Cross-Origin-Resource-Policy", "cross-origin");
}
