//! Numbers of many posts at once, and of the whole site.

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use super::numbers::{Numbers, start};
use super::series::SeriesQuery;
use crate::clock;
use crate::endpoint::Exchange;
use crate::endpoint::errors;
use crate::http::{Problem, query};
use crate::model::PostKey;
use crate::store::SITE;

/// Posts asked for at once, at most.
const MANY: usize = 500;

#[derive(Serialize)]
struct Many {
    items: Vec<Option<Numbers>>,
    /// What each item was asked for by: an item is `null` where nothing has that name.
    asked: Vec<String>,
}

pub(super) fn get(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let mut asked = SeriesQuery::parse(exchange.query(), clock::now())?;
    let store = exchange.state.store.store();
    let Some(posts) = query::get(exchange.query(), "posts") else {
        let tally = store.site_stats()?;
        let series = asked.with_series().series(store, SITE)?;
        start(exchange);
        exchange
            .response
            .json(&Numbers::new(None, tally, asked.now, series));
        return Ok(());
    };
    let names: Vec<&str> = posts.split(',').filter(|name| !name.is_empty()).collect();
    if names.len() > MANY {
        return Err(errors::bad_parameter("posts", "up to 500 ids and slugs"));
    }
    // Decoded before, with the list; slugs are kept composed.
    let names: Vec<String> = names.iter().map(|name| name.nfc().collect()).collect();
    let mut items = Vec::with_capacity(names.len());
    for name in &names {
        items.push(match store.tally(PostKey::parse(name))? {
            Some((post, tally)) => {
                let series = asked.series(store, post.id)?;
                Some(Numbers::new(Some(post), tally, asked.now, series))
            }
            None => None,
        });
    }
    start(exchange);
    exchange.response.json(&Many {
        items,
        asked: names,
    });
    Ok(())
}
