//! From a URL to a store.

#[cfg(feature = "postgres")]
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::error::StoreError;
use super::options::StoreOptions;
#[cfg(feature = "postgres")]
use super::postgres::PostgresStore;
use super::sqlite::{self, SqliteStore};
use super::traits::Store;
use super::url::{SqliteLocation, StoreUrl};

/// Copies the store at `from` into a new file `to`, without changing it, and returns the copy's URL. Nothing that exists is
/// copied to nothing. What is in a database server is copied as an export of it is: without salts.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Busy`].
pub fn copy(from: &StoreUrl, to: &Path) -> Result<StoreUrl, StoreError> {
    let copied = SqliteLocation::File(to.to_owned());
    match from {
        StoreUrl::Sqlite(SqliteLocation::File(file)) if file.exists() => sqlite::copy(file, to)?,
        StoreUrl::Sqlite(_) => {}
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(location) => {
            let from = PostgresStore::open(location, StoreOptions::default())?;
            let copy = SqliteStore::open(&copied, StoreOptions::default())?;
            transfer(&from, &copy)?;
        }
    }
    Ok(StoreUrl::Sqlite(copied))
}

/// Copies all of a store into one that is empty.
#[cfg(feature = "postgres")]
fn transfer(from: &dyn Store, to: &dyn Store) -> Result<(), StoreError> {
    // All of it in memory: it comes by a callback and is wanted by an iterator.
    let mut records = Vec::new();
    from.export(&mut |record| {
        records.push(record);
        ControlFlow::Continue(())
    })?;
    to.restore(&mut records.into_iter())?;
    Ok(())
}

/// The databases that are built in, with the version of the one that is so whole.
pub fn engine() -> String {
    let client = match cfg!(feature = "postgres") {
        true => ", PostgreSQL's client",
        false => "",
    };
    format!("SQLite {}{client}", sqlite::version())
}

/// Opens the store at `url` and brings its schema up to date.
///
/// # Errors
/// [`StoreError::Newer`] for a database of a later version, [`StoreError::Busy`], [`StoreError::Unavailable`].
pub fn open(url: &StoreUrl, options: StoreOptions) -> Result<Arc<dyn Store>, StoreError> {
    match url {
        StoreUrl::Sqlite(location) => Ok(Arc::new(SqliteStore::open(location, options)?)),
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(location) => Ok(Arc::new(PostgresStore::open(location, options)?)),
    }
}
