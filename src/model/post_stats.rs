//! A post's numbers.

use super::uncounted::Uncounted;

/// A post's numbers, or the whole site's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostStats {
    /// Views counted.
    pub views: i64,
    /// Distinct viewers, summed over posts.
    pub viewers: i64,
    /// What was not counted, and why.
    pub uncounted: Uncounted,
}
