//! Lists by period of a large site that is not ranked yet, as for some seconds after each start.
//!
//! Whoever has the most views in a period is most likely among those with the most views of all time, or among those that
//! are read most lately; indexes give both. The views of these posts in the period are summed up, so that each number is
//! exact, and only a post may be missing until all are ranked.

use super::page::page_among;
use crate::model::time::HOUR;
use crate::model::{Cursor, ListQuery, Page, PostId, PostSummary, Rank, Sort, TimestampMs};
use crate::store::error::StoreError;
use crate::store::traits::Store;

/// Hours of posts that are read for each of the two orders, at most: some milliseconds.
const MAX_HOURS: i64 = 30_000;

/// Posts taken of each of the two orders: so many hours allow, but no fewer and no more than this.
const MIN_POSTS: i64 = 20;
const MAX_POSTS: i64 = 300;

/// One page of the posts that are likely to have the most views in the hours from `since` to `now`.
///
/// # Errors
/// Those of the store.
pub fn page(
    store: &dyn Store,
    since: TimestampMs,
    now: TimestampMs,
    query: &ListQuery,
) -> Result<Page<PostSummary>, StoreError> {
    let hours = now.0.saturating_sub(since.0) / HOUR + 1;
    let most = (MAX_HOURS / hours.max(1)).clamp(MIN_POSTS, MAX_POSTS);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    // Few posts that pass a filter are all of them.
    let (posts, all) = match store.few(query)?.filter(|few| few.len() <= most) {
        Some(few) => (few, true),
        None => (highest(store, query, most)?, false),
    };
    let ranks = ranks(store, &posts, since)?;
    let mut page = page_among(store, &ranks, query, true)?;
    if page.next.is_none() && !all {
        // There may be others further down, which the next page asks for.
        page.next = page.items.last().map(|post| Cursor {
            key: post.views,
            id: post.id,
        });
    }
    Ok(page)
}

/// The posts that pass a query's filters and are the first by views of all time, or by trend.
fn highest(store: &dyn Store, query: &ListQuery, most: usize) -> Result<Vec<PostId>, StoreError> {
    let mut posts = Vec::new();
    for sort in [Sort::Views, Sort::Trending] {
        let order = ListQuery {
            sort,
            limit: most,
            after: None,
            ..query.clone()
        };
        posts.extend(store.list(&order)?.items.iter().map(|post| post.id));
    }
    posts.sort_unstable();
    posts.dedup();
    Ok(posts)
}

/// The ranks of some posts among each other, highest first.
fn ranks(store: &dyn Store, posts: &[PostId], since: TimestampMs) -> Result<Vec<Rank>, StoreError> {
    let sums = store.views_of(posts, since)?;
    let rank = |(post, views)| Rank { views, post };
    let viewed = |rank: &Rank| rank.views > 0;
    let mut ranks: Vec<Rank> = sums.into_iter().map(rank).filter(viewed).collect();
    ranks.sort_unstable_by(|a, b| b.cmp(a));
    Ok(ranks)
}
