//! The embedded store: SQLite through Diesel.
//!
//! SQLite has one writer at a time, so this store has one writing connection, behind a lock that queues the
//! process's writers fairly, and a small pool for readers, who in write-ahead mode wait for nobody. All of this
//! process's writes go through the one connection; `PRAGMA data_version` there changes only when *another* process
//! has written, which tells the cache when to forget.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool, PooledConnection};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::error::StoreError;
use super::import::{self, ImportContent, Imported, Source};
use super::url::SqliteLocation;
use super::{
    Applied, FoundPosts, ImportedLog, LogId, LogProgress, PostTotals, Rules, Store, Take, Tell,
    ViewSink, apply, check, corrections, export, lists, logs, posts, restore, views,
};
use crate::model::{
    Batch, Drain, ListQuery, Millis, NumbersRow, Page, Post, PostContent, PostId, PostKey,
    PostSummary, Record, Revision, Tally,
};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("src/store/migrations");

/// How long a statement waits for another process's lock. Short, because a counter keeps its batch and tries again,
/// and a client gets its 503 in a time it will still wait for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// Connections for reading. They serve cache misses only; each holds two descriptors and its own page cache.
const READERS: u32 = 4;

type Readers = Pool<ConnectionManager<SqliteConnection>>;
type Reader = PooledConnection<ConnectionManager<SqliteConnection>>;

/// See the module.
pub struct SqliteStore {
    url: String,
    /// Shared by counters and writing requests. `None` after an error that may have left the connection unusable;
    /// the next writer opens a new one.
    writer: Mutex<Option<Writer>>,
    readers: Readers,
    /// The de-duplication window in milliseconds.
    window: i64,
}

struct Writer {
    connection: SqliteConnection,
    data_version: i64,
}

impl SqliteStore {
    /// Opens the database, makes its folder if missing, and brings its schema up to date.
    pub fn open(location: &SqliteLocation, rules: Rules) -> Result<SqliteStore, StoreError> {
        let url = match location {
            SqliteLocation::Memory => memory_url(),
            SqliteLocation::File(path) => {
                let text = path.to_str().ok_or_else(|| {
                    StoreError::Unavailable("the path is not valid UTF-8".to_owned())
                })?;
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder)
                        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
                }
                text.to_owned()
            }
        };
        let mut writer = Writer::connect(&url)?;
        migrate(&mut writer.connection)?;
        let readers = Pool::builder()
            .max_size(READERS)
            .min_idle(Some(1))
            .max_lifetime(None)
            .idle_timeout(None)
            .test_on_check_out(false)
            .connection_timeout(BUSY_TIMEOUT)
            .connection_customizer(Box::new(ReaderSetup))
            .build(ConnectionManager::new(&url))?;
        Ok(SqliteStore {
            url,
            writer: Mutex::new(Some(writer)),
            readers,
            window: i64::try_from(rules.dedup_window.as_millis()).unwrap_or(i64::MAX),
        })
    }

    fn reader(&self) -> Result<Reader, StoreError> {
        Ok(self.readers.get()?)
    }

    /// Runs `work` in one transaction that holds the write lock from its start, so that it cannot fail halfway for a
    /// lock it would have to upgrade.
    fn write<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with_writer(|writer| writer.connection.immediate_transaction(work))
    }

    fn with_writer<T>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // A panic in a transaction poisons the lock; the connection is replaced, not trusted.
        let mut slot = self.writer.lock().unwrap_or_else(|poisoned| {
            let mut slot = PoisonError::into_inner(poisoned);
            *slot = None;
            self.writer.clear_poison();
            slot
        });
        let writer = match &mut *slot {
            Some(writer) => writer,
            empty => empty.insert(Writer::connect(&self.url)?),
        };
        let result = work(writer);
        if result.as_ref().is_err_and(StoreError::breaks_connection) {
            *slot = None;
        }
        result
    }
}

impl ViewSink for SqliteStore {
    fn apply(&self, batch: &Batch) -> Result<Applied, StoreError> {
        self.with_writer(|writer| {
            let mut applied = writer
                .connection
                .immediate_transaction(|connection| apply::apply(connection, batch, self.window))?;
            applied.changed_elsewhere = writer.changed_elsewhere()?;
            Ok(applied)
        })
    }
}

impl Store for SqliteStore {
    fn post(&self, key: PostKey<'_>) -> Result<Option<Post>, StoreError> {
        posts::find(&mut *self.reader()?, key)
    }

    fn list(&self, query: &ListQuery) -> Result<Page<PostSummary>, StoreError> {
        lists::page(&mut *self.reader()?, query)
    }

    fn create(&self, content: &PostContent) -> Result<Post, StoreError> {
        self.write(|connection| posts::create(connection, content, None))
    }

    fn update(
        &self,
        id: PostId,
        content: &PostContent,
        expected: Option<&[Revision]>,
    ) -> Result<Post, StoreError> {
        self.write(|connection| posts::update(connection, id, content, expected))
    }

    fn delete(&self, id: PostId, expected: Option<&[Revision]>) -> Result<(), StoreError> {
        self.write(|connection| posts::delete(connection, id, expected))
    }

    fn import(
        &self,
        source: &Source,
        content: &ImportContent,
        now: Millis,
    ) -> Result<Imported, StoreError> {
        self.write(|connection| import::import(connection, source, content, now))
    }

    fn find_or_create(
        &self,
        slugs: &[(&str, Millis)],
        create: bool,
    ) -> Result<FoundPosts, StoreError> {
        if create {
            return self.write(|connection| logs::find_or_create(connection, slugs, true));
        }
        self.reader()?
            .transaction(|connection| logs::find_or_create(connection, slugs, false))
    }

    fn imported_logs(&self, head: &str) -> Result<Vec<ImportedLog>, StoreError> {
        logs::beginning_with(&mut *self.reader()?, head)
    }

    fn import_batch(
        &self,
        batch: &Batch,
        progress: &LogProgress,
    ) -> Result<(Applied, LogId), StoreError> {
        self.write(|connection| logs::import_batch(connection, batch, progress, self.window))
    }

    fn correct(
        &self,
        post: PostId,
        views: Option<i64>,
        viewers: Option<i64>,
        reason: &str,
        now: Millis,
    ) -> Result<PostTotals, StoreError> {
        self.write(|connection| corrections::correct(connection, post, views, viewers, reason, now))
    }

    fn export(&self, take: Take<'_, Record>) -> Result<(), StoreError> {
        self.reader()?
            .transaction(|connection| export::export(connection, take))
    }

    fn numbers(&self, take: Take<'_, NumbersRow>) -> Result<(), StoreError> {
        self.reader()?
            .transaction(|connection| export::numbers(connection, take))
    }

    fn restore(&self, records: &mut dyn Iterator<Item = Record>) -> Result<u64, StoreError> {
        self.write(|connection| restore::restore(connection, records))
    }

    fn check(&self, repair: bool, tell: Tell<'_>) -> Result<u64, StoreError> {
        if repair {
            return self.write(|connection| check::repair(connection, tell));
        }
        self.reader()?
            .transaction(|connection| check::check(connection, tell))
    }

    fn tally(&self, key: PostKey<'_>) -> Result<Option<(PostId, Tally)>, StoreError> {
        self.reader()?
            .transaction(|connection| views::tally(connection, key))
    }

    fn site_tally(&self) -> Result<Tally, StoreError> {
        self.reader()?
            .transaction(|connection| views::site_tally(connection))
    }

    fn top(&self, since: Option<Millis>, limit: usize) -> Result<Vec<PostSummary>, StoreError> {
        lists::top(&mut *self.reader()?, since, limit)
    }

    fn replay(
        &self,
        spill: &str,
        batch: &Batch,
        now: Millis,
    ) -> Result<Option<Applied>, StoreError> {
        self.write(|connection| views::replay(connection, spill, batch, self.window, now))
    }

    fn note_drain(&self, drain: &Drain) -> Result<(), StoreError> {
        self.write(|connection| views::note_drain(connection, drain))
    }

    fn last_drain(&self) -> Result<Option<Drain>, StoreError> {
        views::last_drain(&mut *self.reader()?)
    }

    fn changed_elsewhere(&self) -> Result<bool, StoreError> {
        self.with_writer(Writer::changed_elsewhere)
    }
}

impl Writer {
    fn connect(url: &str) -> Result<Writer, StoreError> {
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

    fn changed_elsewhere(&mut self) -> Result<bool, StoreError> {
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

#[derive(Debug)]
struct ReaderSetup;

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
fn memory_url() -> String {
    /// Numbers the process's in-memory databases; only ever counted up.
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("file:/viewtally-{number}?vfs=memdb")
}

fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
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
