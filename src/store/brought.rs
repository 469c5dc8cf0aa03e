//! Numbers brought from another counter.

use crate::model::{PostId, TimestampMs};

/// What a counter had counted of some posts.
#[derive(Clone, Copy, Debug)]
pub struct BroughtNumbers<'a> {
    /// Why the numbers change; tells the counter from others.
    pub reason: &'a str,
    /// Views of which no time is known, once a post.
    pub totals: &'a [(PostId, i64)],
    /// Views by UTC hour, in the order of posts.
    pub hours: &'a [(PostId, i64, i64)],
    /// Now.
    pub at: TimestampMs,
}

/// What of it was new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Views.
    pub views: i64,
    /// Their posts, in no order, perhaps more than once.
    pub posts: Vec<PostId>,
}

impl Brought {
    /// Notes that views were added to a post.
    pub(super) fn add(&mut self, post: PostId, views: i64) {
        self.views = self.views.saturating_add(views);
        self.posts.push(post);
    }
}
