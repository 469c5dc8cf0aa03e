//! From a URL to a store.

use std::path::Path;
use std::sync::Arc;

use super::error::StoreError;
use super::options::StoreOptions;
use super::sqlite::{self, SqliteStore};
use super::traits::Store;
use super::url::{SqliteLocation, StoreUrl};

/// Copies the store at `from` into a new file `to`, without changing it, and returns the copy's URL. Nothing that exists is
/// copied to nothing.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Busy`].
pub fn copy(from: &StoreUrl, to: &Path) -> Result<StoreUrl, StoreError> {
    if let Some(file) = from.file().filter(|file| file.exists()) {
        sqlite::copy(file, to)?;
    }
    Ok(StoreUrl::Sqlite(SqliteLocation::File(to.to_owned())))
}

/// The database that is built in, and its version.
pub fn engine() -> String {
    format!("SQLite {}", sqlite::version())
}

/// Opens the store at `url` and brings its schema up to date.
///
/// # Errors
/// [`StoreError::Newer`] for a database of a later version, [`StoreError::Busy`], [`StoreError::Unavailable`].
pub fn open(url: &StoreUrl, options: StoreOptions) -> Result<Arc<dyn Store>, StoreError> {
    match url {
        StoreUrl::Sqlite(location) => Ok(Arc::new(SqliteStore::open(location, options)?)),
    }
}
