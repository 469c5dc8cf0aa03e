//! What is known of a post's views, or of the whole site's, as JSON.

use serde::Serialize;

use super::series::Series;
use crate::endpoint::Exchange;
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
        }
    }
}

/// Begins an answer that caches must ask about each time.
pub(super) fn start(exchange: &mut Exchange<'_>) {
    exchange.response.start(200);
    exchange.response.header("Cache-Control", "no-cache");
}
