//! Where readers come from, in words.

use crate::endpoint::{Exchange, referrer};
use crate::http::Problem;
use crate::model::{PostId, ReferrerKind, TimestampMs};
use crate::pages::text;

/// Hosts that are shown.
const SHOWN: usize = 20;

/// A line of the table.
pub struct ReferrerRow {
    pub host: String,
    pub kind: &'static str,
    pub views: String,
}

/// The hosts of a post, or of the site, in a time.
///
/// # Errors
/// Those of the store.
pub fn rows(
    exchange: &Exchange<'_>,
    post: PostId,
    time: std::ops::Range<TimestampMs>,
) -> Result<Vec<ReferrerRow>, Problem> {
    let found = referrer::top(exchange, post, time, SHOWN)?;
    let row = |one: referrer::Referrer| ReferrerRow {
        kind: match one.kind {
            ReferrerKind::Search => "search engine",
            ReferrerKind::Own => "this site",
            ReferrerKind::Site => "site",
            ReferrerKind::Other => "of few views each",
        },
        host: match one.host.is_empty() {
            true => "others".to_owned(),
            false => one.host,
        },
        views: text::number(one.views),
    };
    Ok(found.into_iter().map(row).collect())
}
