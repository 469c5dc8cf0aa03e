//! Reads by one viewer.

use serde::{Deserialize, Serialize};

use super::post::PostId;
use super::viewer::Viewer;

/// Reads by one viewer of one post, at one time or merged over several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Visit {
    /// The first of them, milliseconds UTC.
    pub first: i64,
    /// The last of them.
    pub last: i64,
    /// How many.
    pub count: u64,
}

/// All visits of one viewer to one post in a batch, in order of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visits {
    /// The post.
    pub post: PostId,
    /// Who.
    pub viewer: Viewer,
    /// When. Never empty.
    pub visits: Vec<Visit>,
}
