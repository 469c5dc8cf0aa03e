//! Reads by one viewer.

use serde::{Deserialize, Serialize};

use super::post::PostId;
use super::viewing::ViewingKey;

/// Reads by one viewer of one post, at one time or merged over several within a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The first of them, milliseconds UTC.
    pub first: i64,
    /// The last of them.
    pub last: i64,
    /// How many.
    pub count: u64,
}

/// A viewer's visit to a post, as a batch holds it: the reads of one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewerVisit<'a> {
    /// The post.
    pub post: PostId,
    /// Who.
    pub viewer: ViewingKey<'a>,
    /// When.
    pub visit: Visit,
}
