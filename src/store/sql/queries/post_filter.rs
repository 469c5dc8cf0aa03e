//! The filters of a list: which posts to look at, and which of them pass.

use std::cmp::Ordering;

use diesel::prelude::*;

use super::backend::{DbConnection, search};
use crate::model::{Cursor, ListQuery, PostId, SearchWords, Sort};
use crate::store::error::StoreError;
use crate::store::sql::schema::{counts, post_tags, posts};

/// Posts that are few enough to read the place of each in a list: some 10 ms.
const MAX_CANDIDATES: usize = 10_000;

/// A filter of a query that [`MAX_CANDIDATES`] posts pass.
pub(super) enum Narrowest<'q> {
    /// As far as the index of words knows.
    Words(&'q SearchWords),
    Tag(&'q str),
}

/// The filter to begin with; `None` if many posts pass each, and so the list itself is to be gone through.
pub(super) fn narrowest<'q>(
    connection: &mut DbConnection,
    query: &'q ListQuery,
) -> Result<Option<Narrowest<'q>>, StoreError> {
    if let Some(words) = &query.words
        && search::finds_few(connection, words, MAX_CANDIDATES)?
    {
        return Ok(Some(Narrowest::Words(words)));
    }
    if let Some(tag) = &query.tag {
        let tagged = tagged(tag).limit(MAX_CANDIDATES as i64 + 1);
        if tagged.load::<PostId>(connection)?.len() <= MAX_CANDIDATES {
            return Ok(Some(Narrowest::Tag(tag)));
        }
    }
    Ok(None)
}

/// The posts that pass a filter, and perhaps some more, in no particular order.
pub(super) fn posts_of(
    connection: &mut DbConnection,
    filter: &Narrowest<'_>,
) -> Result<Vec<PostId>, StoreError> {
    Ok(match filter {
        Narrowest::Words(words) => search::posts_that_may_have(words).load(connection)?,
        Narrowest::Tag(tag) => tagged(tag).load(connection)?,
    })
}

/// Where the posts that pass a filter stand in a list, in its order.
pub(super) fn positions(
    connection: &mut DbConnection,
    filter: &Narrowest<'_>,
    sort: Sort,
) -> Result<Vec<Cursor>, StoreError> {
    // Ordered here: a database that is asked for an order may go through the whole list in that order instead.
    macro_rules! positions_of {
        ($posts:expr) => {
            match sort {
                Sort::Published => posts::table
                    .filter(posts::id.eq_any($posts))
                    .select((posts::published_at, posts::id))
                    .load::<(i64, PostId)>(connection)?,
                Sort::Views => counts::table
                    .filter(counts::post.eq_any($posts))
                    .select((counts::views, counts::post))
                    .load(connection)?,
                Sort::Trending => {
                    let trends = counts::table
                        .filter(counts::post.eq_any($posts))
                        .select((counts::trend, counts::post))
                        .load::<(f64, PostId)>(connection)?;
                    trends
                        .into_iter()
                        .map(|(trend, post)| (trend_key(trend), post))
                        .collect()
                }
            }
        };
    }
    let found = match filter {
        Narrowest::Words(words) => positions_of!(search::posts_that_may_have(words)),
        Narrowest::Tag(tag) => positions_of!(tagged(tag)),
    };
    let mut positions: Vec<Cursor> = found
        .into_iter()
        .map(|(key, id)| Cursor { key, id })
        .collect();
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

#[diesel::dsl::auto_type(no_type_alias)]
fn tagged<'a>(tag: &'a str) -> _ {
    post_tags::table
        .filter(post_tags::tag.eq(tag))
        .select(post_tags::post)
}
