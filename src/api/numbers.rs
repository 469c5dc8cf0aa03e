//! What is known of a post's views, or of the whole site's, as JSON.

use serde::Serialize;

use super::series::Series;
use crate::endpoint::{Exchange, errors, parameters, referrer};
use crate::http::{Problem, query};
use crate::model::{PostId, PostRef, PostStats, TimestampMs, Uncounted};

/// As in the answer.
#[derive(Serialize)]
pub(super) struct Numbers {
    #[serde(skip_serializing_if = "Option::is_none")]
    post: Option<PostId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
    views: i64,
    viewers: i64,
    uncounted: Uncounted,
    as_of: TimestampMs,
    /// The views of a period, and of its parts, where they were asked for.
    #[serde(flatten)]
    series: Series,
    /// Where readers came from, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    referrers: Option<Vec<ReferrerItem>>,
}

#[derive(Serialize)]
struct ReferrerItem {
    host: String,
    kind: &'static str,
    views: i64,
}

impl Numbers {
    /// `viewers` and `uncounted` are always of all time: who came back within a period cannot be told from sums, and
    /// the ledger is kept by UTC days.
    pub(super) fn new(
        name: Option<PostRef>,
        tally: PostStats,
        as_of: TimestampMs,
        series: Series,
    ) -> Numbers {
        let (post, slug) = name.map(|name| (name.id, name.slug)).unzip();
        Numbers {
            post,
            slug,
            views: series.views.unwrap_or(tally.views),
            viewers: tally.viewers,
            uncounted: tally.uncounted,
            as_of,
            series,
            referrers: None,
        }
    }
}

/// Answers with the numbers of a post or of the site, and with the hosts that `referrers` asks for.
///
/// # Errors
/// A problem that names the parameter; the store's.
pub(super) fn answer(
    exchange: &mut Exchange<'_>,
    post: PostId,
    mut numbers: Numbers,
) -> Result<(), Problem> {
    if let Some(limit) = referrer_limit(exchange.query())? {
        let period = parameters::period(exchange.query())?;
        let since = period.and_then(|period| period.since(numbers.as_of));
        let time = since.unwrap_or(TimestampMs(0))..TimestampMs(i64::MAX);
        let found = referrer::top(exchange, post, time, limit)?;
        let item = |one: referrer::Referrer| ReferrerItem {
            kind: one.kind.name(),
            host: one.host,
            views: one.views,
        };
        numbers.referrers = Some(found.into_iter().map(item).collect());
    }
    start(exchange);
    exchange.response.json(&numbers);
    Ok(())
}

/// How many hosts `referrers` asks for.
///
/// # Errors
/// A problem that names the parameter.
pub(super) fn referrer_limit(text: &str) -> Result<Option<usize>, Problem> {
    let Some(text) = query::get(text, "referrers") else {
        return Ok(None);
    };
    let limit = text.parse().ok().filter(|limit| (1..=100).contains(limit));
    limit
        .map(Some)
        .ok_or_else(|| errors::bad_parameter("referrers", "how many hosts to tell, from 1 to 100"))
}

/// Begins an answer that caches must ask about each time.
pub(super) fn start(exchange: &mut Exchange<'_>) {
    exchange.response.start(200);
    exchange.response.header("Cache-Control", "no-cache");
}
