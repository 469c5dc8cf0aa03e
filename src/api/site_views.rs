//! Numbers of many posts and pages at once, and of the whole site.

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use super::numbers::{self, Numbers, start};
use super::series::SeriesQuery;
use crate::clock;
use crate::endpoint::page::{page_of, stored_numbers_of};
use crate::endpoint::{Exchange, errors};
use crate::http::{Problem, query};
use crate::model::{PostKey, PostRef, PostStats, SITE};

/// Posts asked for at once, at most.
const MANY: usize = 500;

#[derive(Serialize)]
struct Many {
    items: Vec<Option<Numbers>>,
    /// What each item was asked for by: an item is `null` where nothing has that name.
    asked: Vec<String>,
}

/// Whether a query names neither posts nor pages.
pub(super) fn is_whole_site(text: &str) -> bool {
    query::names(text).all(|name| name != "posts" && name != "url")
}

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let text = exchange.query();
    if is_whole_site(text) {
        return whole_site(exchange);
    }
    let names = names(text);
    let urls = query::all(text, "url").collect::<Vec<_>>();
    let urls: Vec<&str> = urls.iter().flat_map(|urls| split_addresses(urls)).collect();
    match (names.as_slice(), urls.as_slice()) {
        ([], [url]) if query::get(text, "posts").is_none() => one_page(exchange, url),
        (names, urls) if names.len() + urls.len() > MANY => {
            let which = if urls.is_empty() { "posts" } else { "url" };
            Err(errors::bad_parameter(which, "up to 500 posts and pages"))
        }
        (_, urls) => many(exchange, &names, urls),
    }
}

fn whole_site(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let mut asked = SeriesQuery::parse(exchange.query(), clock::now())?;
    let store = exchange.state.store.store();
    let tally = store.site_stats()?;
    let series = asked.with_series().series(store, SITE)?;
    numbers::answer(exchange, SITE, Numbers::new(None, tally, asked.now, series))
}

/// The numbers of one page, as of one post.
fn one_page(exchange: &mut Exchange<'_>, url: &str) -> Result<(), Problem> {
    let mut asked = SeriesQuery::parse(exchange.query(), clock::now())?;
    let page = page_of(exchange.state, url)?;
    let found = stored_numbers_of(exchange.state, &page)?;
    let (post, tally) = found.ok_or_else(errors::no_such_page)?;
    let store = exchange.state.store.store();
    let series = asked.with_series().series(store, post.id)?;
    let id = post.id;
    let numbers = Numbers::new(Some(post), tally, asked.now, series);
    numbers::answer(exchange, id, numbers)
}

fn many(exchange: &mut Exchange<'_>, names: &[String], urls: &[&str]) -> Result<(), Problem> {
    // Of many they are not told; what is no number is refused all the same.
    numbers::referrer_limit(exchange.query())?;
    let mut asked = SeriesQuery::parse(exchange.query(), clock::now())?;
    let store = exchange.state.store.store();
    let mut items = Vec::with_capacity(names.len() + urls.len());
    let mut add = |found: Option<(PostRef, PostStats)>| -> Result<(), Problem> {
        items.push(match found {
            Some((post, tally)) => {
                let series = asked.series(store, post.id)?;
                Some(Numbers::new(Some(post), tally, asked.now, series))
            }
            None => None,
        });
        Ok(())
    };
    for name in names {
        add(store.tally(PostKey::parse(name))?)?;
    }
    for url in urls {
        add(match exchange.state.pages.sites.page(url) {
            Ok(page) => stored_numbers_of(exchange.state, &page)?,
            Err(_) => None,
        })?;
    }
    let urls = urls.iter().map(|url| (*url).to_owned());
    start(exchange);
    exchange.response.json(&Many {
        items,
        asked: names.iter().cloned().chain(urls).collect(),
    });
    Ok(())
}

/// The ids and slugs of a query.
fn names(text: &str) -> Vec<String> {
    let posts = query::get(text, "posts").unwrap_or_default();
    let names = posts.split(',').filter(|name| !name.is_empty());
    // Decoded before, with the list; slugs are kept composed.
    names.map(|name| name.nfc().collect()).collect()
}

/// The addresses in a list. A comma may be a part of an address; before the start of another one it parts them.
fn split_addresses(text: &str) -> Vec<&str> {
    let mut addresses = Vec::new();
    let mut rest = text;
    let next = |text: &str| {
        let ends = text.match_indices(',').map(|(at, _)| at);
        ends.into_iter().find(|at| {
            ["http://", "https://", "/"]
                .iter()
                .any(|start| text[at + 1..].starts_with(start))
        })
    };
    while let Some(at) = next(rest) {
        addresses.push(&rest[..at]);
        rest = &rest[at + 1..];
    }
    addresses.push(rest);
    addresses.retain(|address| !address.is_empty());
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parted_where_another_one_begins() {
        let all = |text| split_addresses(text);
        assert_eq!(all("https://a.example/x,y/"), ["https://a.example/x,y/"]);
        assert_eq!(
            all("https://a.example/x,https://b.example/,/z"),
            ["https://a.example/x", "https://b.example/", "/z"]
        );
        assert_eq!(all(""), [""; 0]);
    }
}
