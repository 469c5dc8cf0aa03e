//! The event that a request puts on the channel.

use super::post::PostId;
use super::reason::Reason;
use super::time::TimestampMs;
use super::viewer::Viewer;

/// What a request puts on the channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewEvent {
    /// The post that was read.
    pub post: PostId,
    /// When its response was written.
    pub at: TimestampMs,
    /// Who read it, if known. Always `None` where `uncounted` is given.
    pub viewer: Option<Viewer>,
    /// `None` for a view; otherwise why it is not counted.
    pub uncounted: Option<Reason>,
}
