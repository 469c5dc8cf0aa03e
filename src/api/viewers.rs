//! Who viewed a post, and what a viewer saw. All of it needs what writing needs.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::pagination;
use crate::clock;
use crate::endpoint::lookup::find_post;
use crate::endpoint::{Exchange, cursor, errors, parameters};
use crate::http::Problem;
use crate::model::{Page, PostId, ViewingKey};

/// The letter of this list's cursors; see [`pagination`].
const CURSOR: char = 's';

pub(super) fn of_post(exchange: &mut Exchange<'_>, post: &str) -> Result<(), Problem> {
    let (limit, after) = (
        parameters::limit(exchange.query())?,
        cursor::from_query(exchange.query(), CURSOR)?,
    );
    let post = find(exchange, post)?;
    let viewers = exchange
        .state
        .store
        .store()
        .viewers_of(post, after, limit)?;
    answer(exchange, viewers);
    Ok(())
}

pub(super) fn one(exchange: &mut Exchange<'_>, post: &str, viewer: &str) -> Result<(), Problem> {
    let post = find(exchange, post)?;
    let name = decode(viewer)?;
    let viewing = exchange
        .state
        .store
        .store()
        .viewing(post, ViewingKey::parse(&name))?;
    let viewing = viewing.ok_or_else(errors::no_such_viewer)?;
    start(exchange);
    exchange.response.json(&viewing);
    Ok(())
}

pub(super) fn posts(exchange: &mut Exchange<'_>, viewer: &str) -> Result<(), Problem> {
    let (limit, after) = (
        parameters::limit(exchange.query())?,
        cursor::from_query(exchange.query(), CURSOR)?,
    );
    let name = decode(viewer)?;
    let seen = exchange.state.store.store().seen_by(&name, after, limit)?;
    // Nobody of that name has seen anything: a list without items says so.
    answer(
        exchange,
        seen.unwrap_or(Page {
            items: Vec::new(),
            next: None,
        }),
    );
    Ok(())
}

pub(super) fn forget(exchange: &mut Exchange<'_>, viewer: &str) -> Result<(), Problem> {
    let name = decode(viewer)?;
    // Whether there was one does not matter: nobody of that name is known now.
    let store = exchange.state.store.store();
    store.forget_viewer(&name, &clock::now)?;
    // A view that follows this answer is later by the clock, which counts milliseconds.
    std::thread::sleep(Duration::from_millis(1));
    exchange.response.start(204);
    Ok(())
}

fn answer<T: Serialize>(exchange: &mut Exchange<'_>, page: Page<T>) {
    start(exchange);
    pagination::answer(exchange, page, CURSOR);
}

/// Personal, so never kept on the way.
fn start(exchange: &mut Exchange<'_>) {
    exchange.response.start(200);
    exchange
        .response
        .header("Cache-Control", "private, no-store");
}

fn find(exchange: &Exchange<'_>, segment: &str) -> Result<PostId, Problem> {
    Ok(find_post(exchange, segment)?.id)
}

/// A name as it was given in `Viewer-Id`: percent-decoded once, otherwise untouched.
fn decode(segment: &str) -> Result<String, Problem> {
    let name = percent_decode_str(segment)
        .decode_utf8()
        .map_err(|_| errors::no_such_viewer())?;
    Ok(name.into_owned())
}
