//! From a URL to a store.

use std::sync::Arc;

use super::error::StoreError;
use super::options::StoreOptions;
use super::sqlite::SqliteStore;
use super::traits::Store;
use super::url::StoreUrl;

/// Opens the store at `url` and brings its schema up to date.
///
/// # Errors
/// [`StoreError::Newer`] for a database of a later version, [`StoreError::Busy`], [`StoreError::Unavailable`].
pub fn open(url: &StoreUrl, options: StoreOptions) -> Result<Arc<dyn Store>, StoreError> {
    match url {
        StoreUrl::Sqlite(location) => Ok(Arc::new(SqliteStore::open(location, options)?)),
    }
}
