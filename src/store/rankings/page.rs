//! From ranks to posts: pages of a ranked list.

use std::collections::HashSet;

use crate::model::{Cursor, ListQuery, Page, PostId, PostSummary, Rank, TimestampMs};
use crate::store::error::StoreError;
use crate::store::filtered_page::{candidates, filtered_page, ids};
use crate::store::traits::Store;

/// The posts with the most views since an hour, computed anew: for commands, which ask once.
///
/// # Errors
/// Those of the store.
pub fn top(
    store: &dyn Store,
    since: TimestampMs,
    limit: usize,
) -> Result<Vec<PostSummary>, StoreError> {
    let ranked = store.rank(&[since], limit, &|| true)?.unwrap_or_default();
    let query = ListQuery {
        limit,
        ..ListQuery::default()
    };
    let ranks = ranked.lists.first().map_or(&[][..], Vec::as_slice);
    Ok(page_of(store, ranks, &query)?.items)
}

/// The first posts of `ranks` that exist and pass the filters of `query`, after its cursor. As any page, it may be shorter
/// than asked for.
///
/// # Errors
/// Those of the store.
pub fn page_of(
    store: &dyn Store,
    ranks: &[Rank],
    query: &ListQuery,
) -> Result<Page<PostSummary>, StoreError> {
    if !query.is_filtered() {
        return page_among(store, ranks, query, true);
    }
    let Some(few) = store.few(query)? else {
        return page_among(store, ranks, query, false);
    };
    let few: HashSet<PostId> = HashSet::from_iter(few);
    let among = ranks.iter().filter(|rank| few.contains(&rank.post));
    page_among(store, &Vec::from_iter(among.copied()), query, true)
}

/// As [`page_of`], without asking which posts may pass. `most_pass` says that most of those in `ranks` do.
///
/// # Errors
/// Those of the store.
pub fn page_among(
    store: &dyn Store,
    ranks: &[Rank],
    query: &ListQuery,
    most_pass: bool,
) -> Result<Page<PostSummary>, StoreError> {
    filtered_page(query.after, query.limit, most_pass, |after, most| {
        let ranks = ranks_after(ranks, after).iter();
        let positions: Vec<Cursor> = ranks.copied().take(most).map(position).collect();
        let mut found = candidates(&positions, store.summaries(&ids(&positions), query)?);
        for (position, post) in &mut found {
            if let Some(post) = post {
                post.views = position.key;
            }
        }
        Ok(found)
    })
}

fn position(rank: Rank) -> Cursor {
    Cursor {
        key: rank.views,
        id: rank.post,
    }
}

/// The ranks below a cursor.
fn ranks_after(ranks: &[Rank], cursor: Option<Cursor>) -> &[Rank] {
    let start = cursor.map_or(0, |Cursor { key, id }| {
        let last = Rank {
            views: key,
            post: id,
        };
        ranks.partition_point(|rank| *rank >= last)
    });
    &ranks[start..]
}
