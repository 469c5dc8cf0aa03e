//! Views of a post in an hour.

use serde::{Deserialize, Serialize};

use super::post::PostId;

/// Views of one post in one UTC hour by no known viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HourlyViews {
    /// The post.
    pub post: PostId,
    /// Start of the hour, milliseconds UTC.
    pub hour: i64,
    /// How many.
    pub views: u64,
}
