//! A copy of a database, for what is only tried.

use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::existing;
use crate::store::error::StoreError;

/// The version of SQLite that is built in.
pub fn version() -> String {
    libsqlite3_sys::SQLITE_VERSION
        .to_string_lossy()
        .into_owned()
}

/// Copies a database, as of one moment and while others use it, to a file that does not exist yet. The database itself is
/// not changed, its schema neither.
///
/// # Errors
/// [`StoreError::Refused`] for what is no database of this program, [`StoreError::Unavailable`] when it cannot be read or the copy cannot be written, [`StoreError::Busy`].
pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    existing::check(from)?;
    let mut connection = existing::open(from)?;
    let to = to
        .to_str()
        .ok_or_else(|| StoreError::Unavailable("the copy's path is not valid UTF-8".to_owned()))?;
    diesel::sql_query("VACUUM INTO ?")
        .bind::<Text, _>(to)
        .execute(&mut connection)?;
    Ok(())
}
