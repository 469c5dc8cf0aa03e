//! Diesel's errors as the store's.

use diesel::r2d2::PoolError;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};

use super::super::error::StoreError;

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> StoreError {
        match error {
            DieselError::NotFound => StoreError::NoSuchPost,
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, ref info)
                if is_slug(&**info) =>
            {
                StoreError::SlugTaken
            }
            DieselError::DatabaseError(_, ref info) if info.message().contains("0x00") => {
                let why = "the character U+0000 is in it, which PostgreSQL keeps in no text; leave it out";
                StoreError::Refused(why.to_owned())
            }
            DieselError::DatabaseError(_, ref info) if is_lock(info.message()) => {
                StoreError::Busy(info.message().to_owned())
            }
            other => StoreError::Unavailable(one_line(&other.to_string())),
        }
    }
}

/// PostgreSQL's messages have several lines.
pub(in crate::store) fn one_line(message: &str) -> String {
    Vec::from_iter(message.split_whitespace()).join(" ")
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> StoreError {
        StoreError::Busy(error.to_string())
    }
}

/// SQLite names the column, in its message; PostgreSQL names the constraint.
fn is_slug(info: &dyn DatabaseErrorInformation) -> bool {
    info.constraint_name() == Some("posts_slug_key") || info.message().contains("posts.slug")
}

/// Diesel reports the text of SQLite's result code (`sqlite3_errstr`) and not the code, so SQLITE_BUSY and
/// SQLITE_LOCKED can only be matched by their text.
fn is_lock(message: &str) -> bool {
    message.starts_with("database is locked") || message.starts_with("database table is locked")
}
