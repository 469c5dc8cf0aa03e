//! One page of a list, and where the next one starts.

use super::post::PostId;

/// Where a page ends: the last post's sort key and id. The next page holds what comes after it, so that posts
/// added or removed in between shift nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Publication time, views, or the bits of the trend, by the sort.
    pub key: i64,
    /// Breaks ties.
    pub id: PostId,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<Cursor>,
}
