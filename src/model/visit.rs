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

impl Visit {
    /// Its reads up to a time, and those after it. Where it has both, only the last one is known to be after it.
    pub fn split_at(self, time: i64) -> (u64, Option<Visit>) {
        if self.first > time {
            return (0, Some(self));
        }
        let last = Visit {
            first: self.last,
            last: self.last,
            count: 1,
        };
        match self.last > time {
            true => (self.count.saturating_sub(1), Some(last)),
            false => (self.count, None),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_told_apart_by_a_time() {
        let visit = |first, last, count| Visit { first, last, count };
        assert_eq!(visit(5, 9, 3).split_at(4), (0, Some(visit(5, 9, 3))));
        assert_eq!(visit(5, 9, 3).split_at(5), (2, Some(visit(9, 9, 1))));
        assert_eq!(visit(5, 9, 3).split_at(9), (3, None));
    }
}
