//! Which list of posts is requested.

use super::page::Cursor;
use super::search_words::SearchWords;
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
    /// Only posts that have these words, or parts of words, in title or summary.
    pub words: Option<SearchWords>,
}

impl ListQuery {
    /// Whether some posts are left out.
    pub fn is_filtered(&self) -> bool {
        self.tag.is_some() || self.words.is_some()
    }
}
