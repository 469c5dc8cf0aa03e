//! Pages of lists: one row more is asked for than a page has, to see whether there is a next one.

use crate::model::{Cursor, Page};

/// How many rows to ask for.
pub(super) fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}

/// The page of these rows. `place` is where a row stands in the list.
pub(super) fn page<R, T>(
    rows: Vec<R>,
    limit: usize,
    place: impl Fn(&R) -> Cursor,
    item: impl Fn(R) -> T,
) -> Page<T> {
    let last = rows.get(limit.wrapping_sub(1));
    let next = last.filter(|_| rows.len() > limit).map(place);
    Page {
        items: rows.into_iter().take(limit).map(item).collect(),
        next,
    }
}
