//! What can go wrong in a store. Matched by variant: one place maps these to HTTP, one to exit codes.

use crate::sink::SinkError;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the database, or all connections are in use. The same call may succeed later.
    #[error("the store is busy ({0})")]
    Busy(String),
    /// The slug belongs to another post.
    #[error("the slug is taken")]
    SlugTaken,
    /// The post is not at the revision the caller saw.
    #[error("the post was changed meanwhile")]
    Changed,
    /// There is no such post.
    #[error("no such post")]
    NoSuchPost,
    /// A post's number would be less than none: it was set by hand to less than its hours say.
    #[error("the post has {views} views, and {taken} would be taken out")]
    BelowZero {
        /// Its views.
        views: i64,
        /// The views that were to be taken out.
        taken: i64,
    },
    /// The partition of a queue is another node's by now.
    #[error("the partition is read by another node by now")]
    NotOurs,
    /// The request does not go with what the store holds; the text says why.
    #[error("{0}")]
    Refused(String),
    /// A newer version of this program wrote the database.
    #[error(
        "the database has schema {found}, this program knows up to {known}; try a newer version of viewtally"
    )]
    Newer {
        /// The newest migration in the database.
        found: String,
        /// The newest migration in this program.
        known: String,
    },
    /// The answer to a commit was lost: it is done or not. The same batch may be applied again, and is applied once.
    #[error("{0}; it is not known whether it was committed")]
    InDoubt(String),
    /// The database cannot be opened or used.
    #[error("{0}")]
    Unavailable(String),
}

impl StoreError {
    /// Whether the connection that reported this error is to be replaced.
    pub fn breaks_connection(&self) -> bool {
        matches!(self, StoreError::Unavailable(_) | StoreError::InDoubt(_))
    }
}

impl From<SinkError> for StoreError {
    fn from(error: SinkError) -> StoreError {
        match error {
            SinkError::Busy(text) => StoreError::Busy(text),
            SinkError::InDoubt(text) => StoreError::InDoubt(text),
            SinkError::NotOurs => StoreError::NotOurs,
            SinkError::Refused(text) => StoreError::Refused(text),
            SinkError::Unavailable(text) => StoreError::Unavailable(text),
        }
    }
}

impl From<StoreError> for SinkError {
    fn from(error: StoreError) -> SinkError {
        let text = error.to_string();
        match error {
            StoreError::Busy(_) => SinkError::Busy(text),
            StoreError::InDoubt(_) => SinkError::InDoubt(text),
            StoreError::NotOurs => SinkError::NotOurs,
            StoreError::Refused(_) => SinkError::Refused(text),
            _ => SinkError::Unavailable(text),
        }
    }
}
