//! Posts that were deleted and can still be brought back.

use super::post::PostId;
use super::time::TimestampMs;

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
