//! Imported access logs: how much of each, so that a log counts once and a log that has grown is continued.

use crate::model::{PageAddress, PostId, TimestampMs, Uncounted};

/// The id of an imported log.
pub type LogId = i64;

/// The id that stands for standard input, which is not remembered.
pub const STDIN_LOG: LogId = 0;

/// A log that was imported, or its first part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedLog {
    /// Its id.
    pub id: LogId,
    /// Bytes imported.
    pub bytes: u64,
    /// Their hash.
    pub hash: String,
}

/// How much of a log is imported with a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProgress {
    /// What was known of the log before.
    pub known: KnownLog,
    /// Hash of its first line.
    pub head: String,
    /// Bytes imported with this batch and those before.
    pub bytes: u64,
    /// Their hash.
    pub hash: String,
    /// Now.
    pub at: TimestampMs,
    /// The posts that were created for the log since the batch before.
    pub created: Vec<PostId>,
}

/// What was known of a log before a batch. If the store holds anything else, another process imports the same log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownLog {
    /// Nothing.
    Nothing {
        /// How many other logs begin with the same line.
        alike: usize,
    },
    /// A part of it was imported.
    Part {
        /// Its id.
        id: LogId,
        /// Bytes imported.
        bytes: u64,
    },
}

/// A post as a log names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedPost<'a> {
    /// Its slug.
    pub slug: &'a str,
    /// The title that it gets if it is made.
    pub title: &'a str,
    /// Its page on each site that the log may be of; where there is none, the slug alone says which post it is.
    pub pages: Vec<PageAddress>,
    /// When it was read first.
    pub at: TimestampMs,
}

#[cfg(test)]
impl<'a> LoggedPost<'a> {
    /// A post that its slug alone names.
    pub fn of_slug(slug: &'a str, at: TimestampMs) -> LoggedPost<'a> {
        LoggedPost {
            slug,
            title: slug,
            pages: Vec::new(),
            at,
        }
    }
}

/// Posts found by their names in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundPosts {
    /// The ids, in the order of the names; `None` where there is no such post.
    pub ids: Vec<Option<PostId>>,
    /// Those that were created.
    pub created: Vec<PostId>,
}

/// What was taken back with an imported log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UndoneLog {
    /// Views that it had counted.
    pub views: u64,
    /// Events that it had left uncounted.
    pub uncounted: Uncounted,
    /// Viewers of posts, each for each post, that only it had.
    pub viewers: u64,
    /// Repeats of its views, in other logs, that are views without it.
    pub now_counted: u64,
    /// Posts that it had made and that nothing else has touched.
    pub posts: u64,
    /// Posts that it had made and that stay, since they have other views or were changed.
    pub posts_kept: u64,
}
