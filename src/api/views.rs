//! The numbers of a post, and the beacon.

use serde::Serialize;

use super::numbers::{Numbers, start};
use super::series::SeriesQuery;
use crate::clock;
use crate::endpoint::Exchange;
use crate::endpoint::errors;
use crate::endpoint::lookup::{decode_segment, find_post};
use crate::endpoint::record_view::{record_view, write_outcome};
use crate::http::Problem;
use crate::model::{PostId, PostKey};

#[derive(Serialize)]
struct Beacon {
    post: PostId,
    outcome: &'static str,
}

/// Counts one view of a post that was read elsewhere, in a page or an application.
pub(super) fn beacon(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let post = find_post(exchange, segment)?;
    let outcome = record_view(exchange, post.id);
    exchange.response.start(202);
    write_outcome(exchange.response, outcome);
    exchange.response.header("Cache-Control", "no-store");
    exchange.response.json(&Beacon {
        post: post.id,
        outcome: outcome.name(),
    });
    Ok(())
}

pub(super) fn of_post(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let slug = decode_segment(segment)?;
    let mut asked = SeriesQuery::parse(exchange.query(), clock::now())?;
    let store = exchange.state.store.store();
    let found = store.tally(PostKey::parse(&slug))?;
    let (post, tally) = found.ok_or_else(errors::no_such_post)?;
    let series = asked.with_series().series(store, post.id)?;
    start(exchange);
    exchange
        .response
        .json(&Numbers::new(Some(post), tally, asked.now, series));
    Ok(())
}
