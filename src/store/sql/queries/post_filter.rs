//! The filters of a list: which posts to look at, and which of them pass.

use std::cmp::Ordering;

use diesel::prelude::*;

use super::backend::{DbConnection, search};
use crate::model::{Cursor, ListQuery, PostId, Sort};
use crate::store::error::StoreError;
use crate::store::sql::schema::{counts, post_tags, posts};

/// Posts that are few enough to read the place of each in a list: some 10 ms.
const MAX_CANDIDATES: usize = 10_000;

/// Ids asked for at once.
const CHUNK: usize = 1_000;

/// The posts that pass the filter that fewest pass, and perhaps some more, in no particular order; `None` if many pass each,
/// and so the list itself is to be gone through.
pub(super) fn few(
    connection: &mut DbConnection,
    query: &ListQuery,
) -> Result<Option<Vec<PostId>>, StoreError> {
    if let Some(words) = &query.words
        && let Some(found) = search::few(connection, words, MAX_CANDIDATES)?
    {
        return Ok(Some(found));
    }
    if let Some(tag) = &query.tag {
        let tagged: Vec<PostId> = post_tags::table
            .filter(post_tags::tag.eq(tag))
            .select(post_tags::post)
            .limit(MAX_CANDIDATES as i64 + 1)
            .load(connection)?;
        if tagged.len() <= MAX_CANDIDATES {
            return Ok(Some(tagged));
        }
    }
    Ok(None)
}

/// Where some posts stand in a list, in its order.
pub(super) fn positions(
    connection: &mut DbConnection,
    ids: &[PostId],
    sort: Sort,
) -> Result<Vec<Cursor>, StoreError> {
    let mut positions = Vec::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        // Ordered here: a database that is asked for an order may go through the whole list in that order instead.
        let keys: Vec<(i64, PostId)> = match sort {
            Sort::Published => posts::table
                .filter(posts::id.eq_any(ids))
                .select((posts::published_at, posts::id))
                .load(connection)?,
            Sort::Views => counts::table
                .filter(counts::post.eq_any(ids))
                .select((counts::views, counts::post))
                .load(connection)?,
            Sort::Trending => {
                let trends: Vec<(f64, PostId)> = counts::table
                    .filter(counts::post.eq_any(ids))
                    .select((counts::trend, counts::post))
                    .load(connection)?;
                let key = |(trend, post)| (trend_key(trend), post);
                trends.into_iter().map(key).collect()
            }
        };
        positions.extend(keys.into_iter().map(|(key, id)| Cursor { key, id }));
    }
    positions.sort_unstable_by(|a, b| order(sort, *a, *b));
    Ok(positions)
}

/// Which of two positions comes first in a list.
pub(super) fn order(sort: Sort, a: Cursor, b: Cursor) -> Ordering {
    let by_key = match sort {
        Sort::Published | Sort::Views => b.key.cmp(&a.key),
        Sort::Trending => key_trend(b.key).total_cmp(&key_trend(a.key)),
    };
    by_key.then(b.id.cmp(&a.id))
}

/// A trend as the key of a position: its bits and not the number, for the key read back must equal the one in the index.
pub(super) fn trend_key(trend: f64) -> i64 {
    trend.to_bits().cast_signed()
}

/// The trend of a key.
pub(super) fn key_trend(key: i64) -> f64 {
    f64::from_bits(key.cast_unsigned())
}
