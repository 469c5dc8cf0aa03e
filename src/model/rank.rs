//! A post's rank by views.

use super::post::PostId;

/// A post's rank among those with the most views of a period. More views are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// Its views in the period.
    pub views: i64,
    /// The post; breaks ties.
    pub post: PostId,
}
