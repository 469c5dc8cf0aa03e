//! The embedded store: SQLite through Diesel.
//!
//! SQLite has one writer at a time, so this store has one writing connection, behind a lock that queues the process's
//! writers fairly, and a small pool for readers, which in write-ahead mode wait for nobody. All of this process's
//! writes go through the one connection; `PRAGMA data_version` there changes only when *another* process has written,
//! which is how the cache learns that its values may be old.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use diesel::prelude::*;

use super::migrate::{migrate, take_over_windows};
use super::readers::{self, Readers};
use super::writer::Writer;
use crate::model::DedupWindow;
use crate::sink::BatchResult;
use crate::store::error::StoreError;
use crate::store::options::StoreOptions;
use crate::store::url::SqliteLocation;

/// A store in an SQLite database.
pub struct SqliteStore {
    url: String,
    /// Shared by counters and writing requests. `None` after an error that may have left the connection unusable;
    /// the next writer opens a new one.
    writer: Mutex<Option<Writer>>,
    readers: Readers,
    window: DedupWindow,
}

impl SqliteStore {
    /// Opens the database, creates its folder if it is missing, and brings its schema up to date.
    pub fn open(
        location: &SqliteLocation,
        options: StoreOptions,
    ) -> Result<SqliteStore, StoreError> {
        let url = match location {
            SqliteLocation::Memory => memory_url(),
            SqliteLocation::File(path) => file_url(path)?,
        };
        let mut writer = Writer::connect(&url)?;
        migrate(&mut writer.connection)?;
        let window = DedupWindow::new(options.dedup_window);
        take_over_windows(&mut writer.connection, window)?;
        let readers = readers::open(&url)?;
        Ok(SqliteStore {
            url,
            writer: Mutex::new(Some(writer)),
            readers,
            window,
        })
    }

    /// What decides about repeats.
    pub fn window(&self) -> DedupWindow {
        self.window
    }

    /// Runs one query.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        work(&mut *self.readers.get()?)
    }

    /// Runs several queries that all see the same moment.
    pub fn read_snapshot<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.read(|connection| connection.transaction(work))
    }

    /// Runs `work` in one transaction that holds the write lock from its start, so that it cannot fail halfway for a
    /// lock it would have to upgrade.
    pub fn transact<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with_writer(|writer| writer.connection.immediate_transaction(work))
    }

    /// As [`SqliteStore::transact`], for a batch.
    pub fn transact_batch(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<BatchResult, StoreError>,
    ) -> Result<BatchResult, StoreError> {
        self.with_writer(|writer| {
            let mut result = writer.connection.immediate_transaction(work)?;
            // The batch is committed: whatever fails now, it must not be applied again.
            result.changed_elsewhere = writer.poll_changed_elsewhere().unwrap_or(true);
            Ok(result)
        })
    }

    /// As [`SqliteStore::transact`], but nothing can bring back what `work` deletes. The second part of its answer
    /// says whether it deleted something.
    pub fn erase<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<(T, bool), StoreError>,
    ) -> Result<T, StoreError> {
        self.with_writer(|writer| writer.erase(work))
    }

    /// Whether another process has written since the last call, or the last batch.
    pub fn poll_changed_elsewhere(&self) -> Result<bool, StoreError> {
        self.with_writer(Writer::poll_changed_elsewhere)
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

/// The URL of a file, whose folder exists afterwards.
fn file_url(path: &Path) -> Result<String, StoreError> {
    let text = path
        .to_str()
        .ok_or_else(|| StoreError::Unavailable("the path is not valid UTF-8".to_owned()))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    }
    Ok(text.to_owned())
}

/// A name that all connections of one store share and no other store of the process has.
fn memory_url() -> String {
    /// Numbers the process's in-memory databases.
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("file:/viewtally-{number}?vfs=memdb")
}
