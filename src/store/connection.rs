//! Connections to SQLite, and the schema they find.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::CustomizeConnection;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::error::StoreError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("src/store/migrations");

/// How long a statement waits for another process's lock. Short, because a counter keeps its batch and tries again,
/// and a client gets its 503 in a time it will still wait for.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// The connection that writes.
pub(super) struct Writer {
    pub(super) connection: SqliteConnection,
    data_version: i64,
}

impl Writer {
    /// Opens a connection for writing.
    pub(super) fn connect(url: &str) -> Result<Writer, StoreError> {
        let mut connection = SqliteConnection::establish(url)
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        set_up(&mut connection)?;
        // NORMAL: a commit survives the end of the process, and the database survives the loss of power, which may
        // take the last commits. A larger cache than a reader's: a batch touches pages all over the tables.
        connection.batch_execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000; \
             PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;",
        )?;
        let mut writer = Writer {
            connection,
            data_version: 0,
        };
        writer.changed_elsewhere()?;
        Ok(writer)
    }

    /// Whether another process has written since this was last asked.
    pub(super) fn changed_elsewhere(&mut self) -> Result<bool, StoreError> {
        #[derive(QueryableByName)]
        struct DataVersion {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            data_version: i64,
        }
        let row: DataVersion =
            diesel::sql_query("PRAGMA data_version").get_result(&mut self.connection)?;
        let before = std::mem::replace(&mut self.data_version, row.data_version);
        Ok(before != row.data_version)
    }
}

fn set_up(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    connection.batch_execute(&format!(
        "PRAGMA busy_timeout = {}; PRAGMA foreign_keys = ON;",
        BUSY_TIMEOUT.as_millis()
    ))?;
    Ok(())
}

/// What each reader is told when it opens.
#[derive(Debug)]
pub(super) struct ReaderSetup;

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for ReaderSetup {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        set_up(connection).map_err(|error| {
            diesel::r2d2::Error::ConnectionError(ConnectionError::BadConnection(error.to_string()))
        })?;
        connection
            .batch_execute("PRAGMA query_only = ON;")
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

/// A name that all connections of one store share and no other store of the process does.
pub(super) fn memory_url() -> String {
    /// Numbers the process's in-memory databases; only ever counted up.
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("file:/viewtally-{number}?vfs=memdb")
}

/// Brings the schema up to date.
///
/// # Errors
/// [`StoreError::Newer`] for a database of a later version.
pub(super) fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let unavailable = |error: Box<dyn std::error::Error + Send + Sync>| {
        StoreError::Unavailable(format!("cannot bring its schema up to date: {error}"))
    };
    use diesel::migration::{Migration, MigrationSource};
    let known: Vec<Box<dyn Migration<Sqlite>>> = MIGRATIONS.migrations().map_err(unavailable)?;
    let newest_known = known
        .iter()
        .map(|migration| migration.name().version())
        .max();
    let applied = connection.applied_migrations().map_err(unavailable)?;
    if let (Some(found), Some(known)) = (applied.into_iter().max(), newest_known)
        && found > known
    {
        return Err(StoreError::Newer {
            found: found.to_string(),
            known: known.to_string(),
        });
    }
    connection
        .run_pending_migrations(MIGRATIONS)
        .map_err(unavailable)?;
    Ok(())
}
