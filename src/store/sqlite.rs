//! The embedded store: SQLite through Diesel.
//!
//! SQLite has one writer at a time, so this store has one writing connection, behind a lock that queues the
//! process's writers fairly, and a small pool for readers, who in write-ahead mode wait for nobody. All of this
//! process's writes go through the one connection; `PRAGMA data_version` there changes only when *another* process
//! has written, which tells the cache when to forget.

use std::sync::{Mutex, PoisonError};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool, PooledConnection};

use super::connection::{BUSY_TIMEOUT, ReaderSetup, Writer, memory_url, migrate};
use super::error::StoreError;
use super::imported_log::{FoundPosts, ImportedLog, LogId, LogProgress};
use super::options::StoreOptions;
use super::row_sink::RowSink;
use super::source::{ImportContent, Imported, Source};
use super::traits::{MaintenanceStore, PostStore, Ranked, StatsStore, TransferStore, ViewerStore};
use super::url::SqliteLocation;
use super::{
    apply, check, corrections, export, history, import, lists, logs, posts, restore, viewings,
    views,
};
use crate::model::{
    Batch, Cursor, DrainRecord, Inconsistency, ListQuery, NumbersRow, Page, Post, PostContent,
    PostId, PostKey, PostStats, PostSummary, Record, Revision, TimestampMs, ViewedPost, Viewing,
    ViewingKey,
};
use crate::sink::{BatchResult, BatchSink, PostTotals, SinkError, Written};

/// Connections for reading. They serve cache misses only; each holds two descriptors and its own page cache.
const READERS: u32 = 4;

/// Viewings looked at in one step of pruning: a few milliseconds, so that no batch waits longer.
const PRUNE_STEP: usize = 2000;

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

impl SqliteStore {
    /// Opens the database, makes its folder if missing, and brings its schema up to date.
    pub fn open(
        location: &SqliteLocation,
        options: StoreOptions,
    ) -> Result<SqliteStore, StoreError> {
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
            window: options.dedup_window_ms(),
        })
    }

    fn reader(&self) -> Result<Reader, StoreError> {
        Ok(self.readers.get()?)
    }

    /// Runs `work` in one transaction that holds the write lock from its start, so that it cannot fail halfway for a
    /// lock it would have to upgrade.
    fn transact<T>(
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

impl BatchSink for SqliteStore {
    fn write(&self, batch: &Batch) -> Result<Written, SinkError> {
        Ok(Written::Applied(self.apply(batch)?))
    }
}

impl PostStore for SqliteStore {
    fn post(&self, key: PostKey<'_>) -> Result<Option<Post>, StoreError> {
        posts::find(&mut *self.reader()?, key)
    }

    fn list(&self, query: &ListQuery) -> Result<Page<PostSummary>, StoreError> {
        lists::page(&mut *self.reader()?, query)
    }

    fn summaries(
        &self,
        posts: &[PostId],
        query: &ListQuery,
    ) -> Result<Vec<PostSummary>, StoreError> {
        lists::summaries(&mut *self.reader()?, posts, query)
    }

    fn create(&self, content: &PostContent) -> Result<Post, StoreError> {
        self.transact(|connection| posts::create(connection, content, None))
    }

    fn update(
        &self,
        id: PostId,
        content: &PostContent,
        expected: Option<&[Revision]>,
    ) -> Result<Post, StoreError> {
        self.transact(|connection| posts::update(connection, id, content, expected))
    }

    fn delete(&self, id: PostId, expected: Option<&[Revision]>) -> Result<(), StoreError> {
        self.transact(|connection| posts::delete(connection, id, expected))
    }
}

impl StatsStore for SqliteStore {
    fn tally(&self, key: PostKey<'_>) -> Result<Option<(PostId, PostStats)>, StoreError> {
        self.reader()?
            .transaction(|connection| views::tally(connection, key))
    }

    fn site_stats(&self) -> Result<PostStats, StoreError> {
        self.reader()?
            .transaction(|connection| views::site_stats(connection))
    }

    fn hours(
        &self,
        post: PostId,
        since: Option<TimestampMs>,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        history::hours(&mut *self.reader()?, post, since)
    }

    fn views_since(&self, post: PostId, since: TimestampMs) -> Result<i64, StoreError> {
        history::views_since(&mut *self.reader()?, post, since)
    }

    fn rank(
        &self,
        since: &[TimestampMs],
        limit: usize,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Ranked>, StoreError> {
        history::rank(&mut *self.reader()?, since, limit, go_on)
    }

    fn correct(
        &self,
        post: PostId,
        views: Option<i64>,
        viewers: Option<i64>,
        reason: &str,
        now: TimestampMs,
    ) -> Result<PostTotals, StoreError> {
        self.transact(|connection| {
            corrections::correct(connection, post, views, viewers, reason, now)
        })
    }
}

impl ViewerStore for SqliteStore {
    fn viewers_of(
        &self,
        post: PostId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<Viewing>, StoreError> {
        viewings::of_post(&mut *self.reader()?, post, after, limit)
    }

    fn viewing(&self, post: PostId, viewer: ViewingKey<'_>) -> Result<Option<Viewing>, StoreError> {
        viewings::one(&mut *self.reader()?, post, viewer)
    }

    fn seen_by(
        &self,
        name: &str,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Option<Page<ViewedPost>>, StoreError> {
        viewings::by(&mut *self.reader()?, name, after, limit)
    }

    fn forget_viewer(&self, name: &str) -> Result<bool, StoreError> {
        self.transact(|connection| viewings::forget(connection, name))
    }
}

impl TransferStore for SqliteStore {
    fn import(
        &self,
        source: &Source,
        content: &ImportContent,
        now: TimestampMs,
    ) -> Result<Imported, StoreError> {
        self.transact(|connection| import::import(connection, source, content, now))
    }

    fn find_or_create(
        &self,
        slugs: &[(&str, TimestampMs)],
        create: bool,
    ) -> Result<FoundPosts, StoreError> {
        if create {
            return self.transact(|connection| logs::find_or_create(connection, slugs, true));
        }
        self.reader()?
            .transaction(|connection| logs::find_or_create(connection, slugs, false))
    }

    fn apply(&self, batch: &Batch) -> Result<BatchResult, StoreError> {
        self.with_writer(|writer| {
            let mut result = writer
                .connection
                .immediate_transaction(|connection| apply::apply(connection, batch, self.window))?;
            // It is committed: whatever fails now, the batch must not be applied again.
            result.changed_elsewhere = writer.changed_elsewhere().unwrap_or(true);
            Ok(result)
        })
    }

    fn imported_logs(&self, head: &str) -> Result<Vec<ImportedLog>, StoreError> {
        logs::beginning_with(&mut *self.reader()?, head)
    }

    fn import_batch(
        &self,
        batch: &Batch,
        progress: &LogProgress,
    ) -> Result<(BatchResult, LogId), StoreError> {
        self.transact(|connection| logs::import_batch(connection, batch, progress, self.window))
    }

    fn export(&self, rows: RowSink<'_, Record>) -> Result<(), StoreError> {
        self.reader()?
            .transaction(|connection| export::export(connection, rows))
    }

    fn numbers(&self, rows: RowSink<'_, NumbersRow>) -> Result<(), StoreError> {
        self.reader()?
            .transaction(|connection| export::numbers(connection, rows))
    }

    fn restore(&self, records: &mut dyn Iterator<Item = Record>) -> Result<u64, StoreError> {
        self.transact(|connection| restore::restore(connection, records))
    }
}

impl MaintenanceStore for SqliteStore {
    fn check(&self, repair: bool, findings: RowSink<'_, Inconsistency>) -> Result<u64, StoreError> {
        if repair {
            return self.transact(|connection| check::repair(connection, findings));
        }
        self.reader()?
            .transaction(|connection| check::check(connection, findings))
    }

    fn prune_viewings(
        &self,
        before: TimestampMs,
        after: (PostId, i64),
    ) -> Result<Option<(PostId, i64)>, StoreError> {
        self.transact(|connection| viewings::prune(connection, before, after, PRUNE_STEP))
    }

    fn salt(
        &self,
        day: TimestampMs,
        proposed: [u8; 16],
        oldest: TimestampMs,
    ) -> Result<[u8; 16], StoreError> {
        self.with_writer(|writer| {
            let connection = &mut writer.connection;
            // What is deleted is overwritten, and the log that still has it emptied. Only here: it would slow every
            // other write down.
            connection.batch_execute("PRAGMA secure_delete = ON;")?;
            let result = connection.immediate_transaction(|connection| {
                let gone = viewings::forget_salts(connection, oldest)?;
                Ok::<_, StoreError>((viewings::salt(connection, day, proposed)?, gone))
            });
            connection.batch_execute("PRAGMA secure_delete = OFF;")?;
            let (salt, gone) = result?;
            if gone {
                connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE);")?;
            }
            Ok(salt)
        })
    }

    fn replay(
        &self,
        spill: &str,
        batch: &Batch,
        now: TimestampMs,
    ) -> Result<Option<BatchResult>, StoreError> {
        self.transact(|connection| views::replay(connection, spill, batch, self.window, now))
    }

    fn note_drain(&self, drain: &DrainRecord) -> Result<(), StoreError> {
        self.transact(|connection| views::note_drain(connection, drain))
    }

    fn last_drain(&self) -> Result<Option<DrainRecord>, StoreError> {
        views::last_drain(&mut *self.reader()?)
    }

    fn changed_elsewhere(&self) -> Result<bool, StoreError> {
        self.with_writer(Writer::changed_elsewhere)
    }
}
