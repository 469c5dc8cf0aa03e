//! The connections that read.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error, Pool};

use super::file::DatabaseFile;
use crate::store::error::StoreError;

/// How many. They serve cache misses only; each holds two descriptors and its own page cache.
const READERS: u32 = 4;

/// How long a statement waits for another process's lock. Short, because a counter keeps its batch and tries again,
/// and a client gets its 503 while it still waits.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// A pool of connections that only read.
pub type Readers = Pool<ConnectionManager<SqliteConnection>>;

/// Opens a pool. Once `file` is deleted or replaced, it opens no more connections.
pub fn open(url: &str, file: Option<Arc<DatabaseFile>>) -> Result<Readers, StoreError> {
    let pool = Pool::builder()
        .max_size(READERS)
        .min_idle(Some(1))
        .max_lifetime(None)
        .idle_timeout(None)
        .test_on_check_out(false)
        .connection_timeout(BUSY_TIMEOUT)
        .connection_customizer(Box::new(ReaderSetup { file }))
        .build(ConnectionManager::new(url))?;
    Ok(pool)
}

/// Sets what every connection needs, whether it reads or writes.
pub fn set_up(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    connection.batch_execute(&format!(
        "PRAGMA busy_timeout = {}; PRAGMA foreign_keys = ON;",
        BUSY_TIMEOUT.as_millis()
    ))?;
    Ok(())
}

#[derive(Debug)]
struct ReaderSetup {
    file: Option<Arc<DatabaseFile>>,
}

impl CustomizeConnection<SqliteConnection, Error> for ReaderSetup {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), Error> {
        // Nothing has been read through the connection so far.
        let checked = self.file.as_ref().map_or(Ok(()), |file| file.check());
        checked.and_then(|()| set_up(connection)).map_err(|error| {
            Error::ConnectionError(ConnectionError::BadConnection(error.to_string()))
        })?;
        connection
            .batch_execute("PRAGMA query_only = ON;")
            .map_err(Error::QueryError)
    }
}
