//! From ranks to posts: pages of a ranked list.

use crate::model::{Cursor, ListQuery, Page, PostId, PostSummary, Rank, TimestampMs};
use crate::store::error::StoreError;
use crate::store::traits::Store;

/// Posts looked up at once, at most.
const CHUNK: usize = 500;

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

/// The first posts of `ranks` that exist and pass the filters of `query`, after its cursor.
pub fn page_of(
    store: &dyn Store,
    ranks: &[Rank],
    query: &ListQuery,
) -> Result<Page<PostSummary>, StoreError> {
    let filters = query.tag.is_some() || query.title.is_some();
    let chunk = if filters {
        CHUNK
    } else {
        CHUNK.min(query.limit.saturating_add(1))
    };
    let mut items: Vec<PostSummary> = Vec::new();
    for ranks in after(ranks, query.after).chunks(chunk) {
        let ids: Vec<PostId> = ranks.iter().map(|rank| rank.post).collect();
        let mut found = store.summaries(&ids, query)?;
        found.sort_unstable_by_key(|post| post.id);
        for rank in ranks {
            let Ok(index) = found.binary_search_by_key(&rank.post, |post| post.id) else {
                continue;
            };
            if items.len() == query.limit {
                let next = items.last().map(|last| Cursor {
                    key: last.views,
                    id: last.id,
                });
                return Ok(Page { items, next });
            }
            items.push(PostSummary {
                views: rank.views,
                ..found[index].clone()
            });
        }
    }
    Ok(Page { items, next: None })
}

/// The ranks below a cursor.
fn after(ranks: &[Rank], cursor: Option<Cursor>) -> &[Rank] {
    let start = cursor.map_or(0, |Cursor { key, id }| {
        let last = Rank {
            views: key,
            post: id,
        };
        ranks.partition_point(|rank| *rank >= last)
    });
    &ranks[start..]
}
