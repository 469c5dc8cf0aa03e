//! The numbers of a post, and the beacon.

use std::time::Instant;

use serde::Serialize;

use super::numbers::{self, Numbers};
use super::series::SeriesQuery;
use crate::clock;
use crate::endpoint::Exchange;
use crate::endpoint::errors;
use crate::endpoint::lookup::{decode_segment, find_post};
use crate::endpoint::page::viewed_post;
use crate::endpoint::parameters::durable;
use crate::endpoint::record_view::{record_dropped, record_judged, record_view, write_outcome};
use crate::endpoint::referrer::note_of_parameter;
use crate::http::{Problem, query};
use crate::model::{Outcome, PageAddress, PostId, PostKey};

#[derive(Serialize)]
struct Beacon {
    /// `None` where no more posts may be made today.
    post: Option<PostId>,
    outcome: &'static str,
}

/// Counts one view of a post that was read elsewhere, in a page or an application.
pub(super) fn beacon(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let post = find_post(exchange, segment)?;
    let is_durable = durable(exchange.query())?;
    let outcome = record_view(exchange, post.id);
    note_of_parameter(exchange, post.id, outcome, "ref=");
    if is_durable {
        send_durably(exchange)?;
    }
    answer_beacon(exchange, Some(post.id), outcome);
    Ok(())
}

/// Counts one view of a page, and makes its post where there is none.
pub(super) fn page_beacon(
    exchange: &mut Exchange<'_>,
    page: Option<PageAddress>,
) -> Result<(), Problem> {
    let Some(page) = page else {
        // Known by the address as it was sent.
        let post = exchange.known.as_ref().map(|post| post.id);
        let post = post.ok_or_else(no_url)?;
        let outcome = record_view(exchange, post);
        note_of_parameter(exchange, post, outcome, "ref=");
        answer_beacon(exchange, Some(post), outcome);
        return Ok(());
    };
    let query = exchange.query();
    let (post, judged) = viewed_post(exchange, &page, || query::get(query, "title"))?;
    let outcome = match &post {
        Some(post) => {
            let outcome = record_judged(exchange, post.id, judged);
            note_of_parameter(exchange, post.id, outcome, "ref=");
            outcome
        }
        None if exchange.state.pages.sites.is_empty() => return Err(errors::no_such_post()),
        None => record_dropped(exchange, judged),
    };
    answer_beacon(exchange, post.map(|post| post.id), outcome);
    Ok(())
}

fn answer_beacon(exchange: &mut Exchange<'_>, post: Option<PostId>, outcome: Outcome) {
    exchange.response.start(202);
    write_outcome(exchange.response, outcome);
    exchange.response.header("Cache-Control", "no-store");
    exchange.response.json(&Beacon {
        post,
        outcome: outcome.name(),
    });
}

/// 422: a beacon says what was read.
pub(super) fn no_url() -> Problem {
    errors::bad_parameter(
        "url",
        "the address of a page, such as https://example.org/2024/hello/",
    )
}

/// Sends the event before the answer, and waits until it survives this machine.
fn send_durably(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let state = exchange.state;
    let Some(event) = exchange.event.take() else {
        return Ok(());
    };
    let recorded = state.events.record(event);
    let deadline = Instant::now() + state.request_timeout;
    let sent = state.events.send_durably(recorded, deadline);
    sent.map_err(errors::not_durable)
}

pub(super) fn of_post(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let slug = decode_segment(segment)?;
    let mut asked = SeriesQuery::parse(exchange.query(), clock::now())?;
    let store = exchange.state.store.store();
    let found = store.tally(PostKey::parse(&slug))?;
    let (post, tally) = found.ok_or_else(errors::no_such_post)?;
    let series = asked.with_series().series(store, post.id)?;
    let id = post.id;
    let numbers = Numbers::new(Some(post), tally, asked.now, series);
    numbers::answer(exchange, id, numbers)
}
