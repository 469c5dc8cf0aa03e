//! A page rendered from a post, with gaps for what differs from read to read.

/// What a gap in a page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The scheme and the host that the reader used: `https://example.com`.
    Origin,
    /// The host alone.
    Host,
    /// The number of views.
    Views,
}

/// A rendered page. `as_ref` is what follows its last gap.
#[derive(Debug)]
pub struct CachedPage {
    /// The edits of the store before the page was rendered. An edit of any post can change its links, so it holds only
    /// while there has been no other.
    pub edits: u64,
    /// Tells its text from others.
    pub hash: i64,
    /// The text before each gap, and the gap.
    pub parts: Vec<(Box<[u8]>, Gap)>,
    /// The text after the last gap.
    pub end: Box<[u8]>,
}

impl CachedPage {
    /// The bytes of its text.
    pub fn bytes(&self) -> usize {
        let parts: usize = self.parts.iter().map(|(text, _)| text.len()).sum();
        parts + self.end.len()
    }
}

impl AsRef<[u8]> for CachedPage {
    fn as_ref(&self) -> &[u8] {
        &self.end
    }
}
