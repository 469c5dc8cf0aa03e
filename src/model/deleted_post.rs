//! Posts that were deleted and can still be brought back.

use super::post::PostId;
use super::time::{DAY, TimestampMs};

/// How long a deleted post can be brought back, in milliseconds.
pub const DELETED_KEPT: i64 = 30 * DAY;

/// A post that was deleted and can be brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedPost {
    /// Its id, which it keeps.
    pub id: PostId,
    /// Its title.
    pub title: String,
    /// When it was deleted.
    pub deleted_at: TimestampMs,
}

impl DeletedPost {
    /// When it goes for good.
    pub fn gone_at(&self) -> TimestampMs {
        TimestampMs(self.deleted_at.0.saturating_add(DELETED_KEPT))
    }
}
