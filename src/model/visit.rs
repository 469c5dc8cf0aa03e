//! Reads by one viewer.

use serde::{Deserialize, Serialize};

use super::post::PostId;
use super::viewer::Viewer;

/// Reads by one viewer of one post, at one time or merged over several within a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Visit {
    /// The first of them, milliseconds UTC.
    pub first: i64,
    /// The last of them.
    pub last: i64,
    /// How many.
    pub count: u64,
}

impl Visit {
    /// Adds the reads of `other`.
    pub(super) fn merge(&mut self, other: &Visit) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.count += other.count;
    }
}

/// A viewer's visit to a post, as a batch holds it: the reads of one window.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ViewerVisit {
    /// The post.
    pub post: PostId,
    /// Who.
    pub viewer: Viewer,
    /// When.
    pub visit: Visit,
}
