//! What can go wrong in a store. Matched by variant: one place turns these into HTTP, one into exit codes.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::sink::SinkError;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the database, or every connection is taken; the same call may succeed later.
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
    /// What was asked does not go with what the store holds; the text says why.
    #[error("{0}")]
    Refused(String),
    /// The database was written by a newer version of this program.
    #[error(
        "the database has schema {found}, this program knows up to {known}; try a newer version of viewtally"
    )]
    Newer {
        /// The newest migration in the database.
        found: String,
        /// The newest migration in this program.
        known: String,
    },
    /// The database cannot be opened or used.
    #[error("{0}")]
    Unavailable(String),
}

impl StoreError {
    /// Whether the connection that reported this should be given up for a new one.
    pub(super) fn breaks_connection(&self) -> bool {
        matches!(self, StoreError::Unavailable(_))
    }
}

impl From<StoreError> for SinkError {
    fn from(error: StoreError) -> SinkError {
        let text = error.to_string();
        match error {
            StoreError::Busy(_) => SinkError::Busy(text),
            _ => SinkError::Unavailable(text),
        }
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> StoreError {
        match error {
            DieselError::NotFound => StoreError::NoSuchPost,
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, ref info)
                if info.message().contains("posts.slug") =>
            {
                StoreError::SlugTaken
            }
            DieselError::DatabaseError(_, ref info) if is_lock(info.message()) => {
                StoreError::Busy(info.message().to_owned())
            }
            other => StoreError::Unavailable(other.to_string()),
        }
    }
}

impl From<diesel::r2d2::PoolError> for StoreError {
    fn from(error: diesel::r2d2::PoolError) -> StoreError {
        StoreError::Busy(error.to_string())
    }
}

/// Diesel keeps SQLite's result code to itself and hands on only its text (`sqlite3_errstr`), so SQLITE_BUSY and
/// SQLITE_LOCKED can be told by nothing else.
fn is_lock(message: &str) -> bool {
    message.starts_with("database is locked") || message.starts_with("database table is locked")
}
