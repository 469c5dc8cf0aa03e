//! Where the reader of a view comes from, noted beside the view.

use super::exchange::Exchange;
use crate::clock;
use crate::http::query;
use crate::model::{Outcome, PostId, ReferrerKind, TimestampMs, referrer_host};

/// A host, as answers and pages have it.
pub struct Referrer {
    /// Its name; empty for all the others.
    pub host: String,
    /// What it is.
    pub kind: ReferrerKind,
    /// Views from there.
    pub views: i64,
}

/// Notes the page that a browser says it comes from, where a post is read here.
pub fn note_of_header(exchange: &Exchange<'_>, post: PostId, outcome: Outcome) {
    if let Some(text) = exchange.header("Referer") {
        note(exchange, post, outcome, text);
    }
}

/// Notes what a page elsewhere says of its reader, in a parameter. Its own address in `Referer` is not where the reader comes
/// from. `name` has the sign after it.
pub fn note_of_parameter(exchange: &Exchange<'_>, post: PostId, outcome: Outcome, name: &str) {
    if query::raw(exchange.query(), name).is_some_and(|text| !text.is_empty()) {
        let text = query::get(exchange.query(), name.trim_end_matches('='));
        note(exchange, post, outcome, &text.unwrap_or_default());
    }
}

fn note(exchange: &Exchange<'_>, post: PostId, outcome: Outcome, text: &str) {
    if outcome != Outcome::Accepted {
        return;
    }
    if let Some(host) = referrer_host(text) {
        let today = clock::now().day();
        exchange.state.store.note_referrer(post, today, host);
    }
}

/// The hosts of a post, or of the site, on the days of a time, most views first.
///
/// # Errors
/// Those of the store.
pub fn top(
    exchange: &Exchange<'_>,
    post: PostId,
    time: std::ops::Range<TimestampMs>,
    limit: usize,
) -> Result<Vec<Referrer>, crate::store::StoreError> {
    let state = exchange.state;
    let mut own = state.pages.sites.hosts();
    own.extend(exchange.header("Host").and_then(referrer_host));
    let found = state.store.store().referrers(post, time, limit)?;
    let referrer = |(host, views): (String, i64)| Referrer {
        kind: ReferrerKind::of(&host, &own),
        host,
        views,
    };
    Ok(found.into_iter().map(referrer).collect())
}
