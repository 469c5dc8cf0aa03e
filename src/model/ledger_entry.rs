//! Events of a post that were not counted on a day.

use serde::{Deserialize, Serialize};

use super::post::PostId;
use super::reason::Reason;

/// Events of one post on one UTC day that were not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The post; 0 for events of no post.
    pub post: PostId,
    /// Start of the day, milliseconds UTC.
    pub day: i64,
    /// Why.
    pub reason: Reason,
    /// How many.
    pub count: u64,
}
