//! Which list of posts is requested.

use super::page::Cursor;
use super::sort::Sort;

/// Which list of posts is requested.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// Its order.
    pub sort: Sort,
    /// At most this many posts.
    pub limit: usize,
    /// After this position, or from the start.
    pub after: Option<Cursor>,
    /// Only posts with this tag.
    pub tag: Option<String>,
    /// Only posts whose title holds this text, whatever its case.
    pub title: Option<String>,
}
