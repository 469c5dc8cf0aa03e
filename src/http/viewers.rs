//! Who viewed a post, and what a viewer saw. All of it needs what writing needs.

use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::exchange::Exchange;
use super::posts;
use super::problem::Problem;
use super::{page, query};
use crate::model::{Page, PostId, ViewingKey};

/// The letter of this list's cursors; see [`page`].
const CURSOR: char = 's';

pub(super) fn of_post(exchange: &mut Exchange<'_>, post: &str) -> Result<(), Problem> {
    exchange.service.auth.check(exchange)?;
    let (limit, after) = (
        query::limit(exchange.target.query)?,
        page::after(exchange, CURSOR)?,
    );
    let post = find(exchange, post)?;
    let viewers = exchange
        .service
        .store
        .store()
        .viewers_of(post, after, limit)?;
    answer(exchange, viewers);
    Ok(())
}

pub(super) fn one(exchange: &mut Exchange<'_>, post: &str, viewer: &str) -> Result<(), Problem> {
    exchange.service.auth.check(exchange)?;
    let post = find(exchange, post)?;
    let name = decode(viewer)?;
    let viewing = exchange
        .service
        .store
        .store()
        .viewing(post, ViewingKey::parse(&name))?;
    let viewing = viewing.ok_or_else(Problem::no_such_viewer)?;
    start(exchange);
    exchange.response.json(&viewing);
    Ok(())
}

pub(super) fn posts(exchange: &mut Exchange<'_>, viewer: &str) -> Result<(), Problem> {
    exchange.service.auth.check(exchange)?;
    let (limit, after) = (
        query::limit(exchange.target.query)?,
        page::after(exchange, CURSOR)?,
    );
    let name = decode(viewer)?;
    let seen = exchange
        .service
        .store
        .store()
        .seen_by(&name, after, limit)?;
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
    exchange.service.auth.check(exchange)?;
    let name = decode(viewer)?;
    if !exchange.service.store.store().forget_viewer(&name)? {
        return Err(Problem::no_such_viewer());
    }
    exchange.response.start(204);
    Ok(())
}

fn answer<T: Serialize>(exchange: &mut Exchange<'_>, page: Page<T>) {
    start(exchange);
    page::answer(exchange, page, CURSOR);
}

/// Personal, so never kept on the way.
fn start(exchange: &mut Exchange<'_>) {
    exchange.response.start(200);
    exchange
        .response
        .header("Cache-Control", "private, no-store");
}

fn find(exchange: &Exchange<'_>, segment: &str) -> Result<PostId, Problem> {
    Ok(posts::find(exchange, segment)?.id)
}

/// A name as it was given in `Viewer-Id`: percent-decoded once, otherwise untouched.
fn decode(segment: &str) -> Result<String, Problem> {
    let name = percent_decode_str(segment)
        .decode_utf8()
        .map_err(|_| Problem::no_such_viewer())?;
    Ok(name.into_owned())
}
