//! The embedded store: SQLite through Diesel.
//!
//! SQLite has one writer at a time, so this store has one writing connection, lent to one of the process's writers at a
//! time, and a small pool for readers, which in write-ahead mode wait for nobody. All of this process's
//! writes go through the one connection; `PRAGMA data_version` there changes only when *another* process has written,
//! which is how the cache learns that its values may be old.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::prelude::*;

use super::existing;
use super::file::DatabaseFile;
use super::migrate::{migrate, take_over_windows};
use super::readers::{self, Readers};
use super::search_fill;
use super::writer::Writer;
use super::writer_slot::{LentWriter, WriterSlot};
use crate::model::{DedupWindow, PostId};
use crate::sink::BatchResult;
use crate::store::error::StoreError;
use crate::store::options::{Durability, StoreOptions};
use crate::store::traits::ChangedElsewhere;
use crate::store::url::SqliteLocation;

/// Views in a batch that come after a stall, and fill the cache with pages that nobody needs next.
const LARGE_BATCH: u64 = 100_000;

/// A store in an SQLite database.
pub struct SqliteStore {
    url: String,
    /// `None` for a database in memory.
    file: Option<Arc<DatabaseFile>>,
    /// Shared by counters and writing requests.
    writer: WriterSlot,
    readers: Readers,
    window: DedupWindow,
    durability: Durability,
}

impl SqliteStore {
    /// Opens the database, creates its folder if it is missing, and brings its schema up to date.
    pub fn open(
        location: &SqliteLocation,
        options: StoreOptions,
    ) -> Result<SqliteStore, StoreError> {
        let (mut url, path) = match location {
            SqliteLocation::Memory => (memory_url(), None),
            SqliteLocation::File(path) => (file_url(path)?, Some(path)),
        };
        if let Some(path) = path {
            existing::check(path)?;
        }
        let mut writer = Writer::connect(&url, options.durability).map_err(|error| match path {
            Some(path) if matches!(error, StoreError::Unavailable(_)) => {
                existing::explain(error, path)
            }
            _ => error,
        })?;
        let file = path.and_then(|path| DatabaseFile::at(path)).map(Arc::new);
        if let Some(file) = &file {
            // From here on no connection makes a file.
            url = file.url();
        }
        migrate(&mut writer.connection)?;
        search_fill::fill(&mut writer.connection)?;
        let window = DedupWindow::new(options.dedup_window);
        take_over_windows(&mut writer.connection, window)?;
        let readers = readers::open(&url, file.clone())?;
        Ok(SqliteStore {
            url,
            file,
            writer: WriterSlot::new(writer),
            readers,
            window,
            durability: options.durability,
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

    /// As [`SqliteStore::read`], of what may be all rows.
    pub fn read_all<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.read(work)
    }

    /// As [`SqliteStore::read_snapshot`], of what may be all rows.
    pub fn read_all_at_once<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.read_snapshot(work)
    }

    /// Runs `work` in one transaction that holds the write lock from its start, so that it cannot fail halfway for a
    /// lock it would have to upgrade.
    pub fn transact<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with_writer(|writer| {
            writer
                .connection
                .immediate_transaction(self.checking_file(work))
        })
    }

    /// As [`SqliteStore::transact`], for what changes only this post. SQLite tells other processes no more than that something
    /// has changed.
    pub fn transact_on<T>(
        &self,
        _post: impl FnOnce(&T) -> PostId,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.transact(work)
    }

    /// As [`SqliteStore::transact`], for what changes nothing that a process keeps in memory. Which it is, SQLite does not
    /// tell other processes.
    pub fn transact_unseen<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.transact(work)
    }

    /// As [`SqliteStore::transact`], for what touches no row but those of queues.
    pub fn transact_queue<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.transact(work)
    }

    /// As [`SqliteStore::transact`], for a batch of so many rows.
    pub fn transact_batch(
        &self,
        _rows: usize,
        work: impl FnOnce(&mut SqliteConnection) -> Result<BatchResult, StoreError>,
    ) -> Result<BatchResult, StoreError> {
        self.with_writer(|writer| {
            let work = self.checking_file(work);
            let mut is_committing = false;
            let written = writer.connection.immediate_transaction(|connection| {
                let result = work(connection)?;
                is_committing = true;
                Ok(result)
            });
            let mut result = written.map_err(|error: StoreError| match is_committing {
                true => StoreError::InDoubt(error.to_string()),
                false => error,
            })?;
            // The batch is committed: whatever fails now, it must not be applied again.
            result.changed_elsewhere |= writer.poll_changed_elsewhere().unwrap_or(true);
            if result.counted > LARGE_BATCH
                && let Err(error) = writer.shrink_cache()
            {
                tracing::debug!(%error, "cannot give the cache's memory back");
            }
            Ok(result)
        })
    }

    /// As [`SqliteStore::transact`], but nothing can bring back what `work` deletes. The second part of its answer
    /// says whether it deleted something.
    pub fn erase<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<(T, bool), StoreError>,
    ) -> Result<T, StoreError> {
        self.with_writer(|writer| writer.erase(self.checking_file(work)))
    }

    /// Whether another process has written since the last call, or the last batch; not what.
    pub fn poll_changed_elsewhere(&self) -> Result<ChangedElsewhere, StoreError> {
        let changed = self.with_writer(|writer| {
            // Called each half second.
            if let Err(error) = writer.finish_erasing() {
                tracing::debug!(%error, "cannot empty the log of what was erased; trying again");
            }
            writer.poll_changed_elsewhere()
        })?;
        Ok(match changed {
            true => ChangedElsewhere::Everything,
            false => ChangedElsewhere::NOTHING,
        })
    }

    /// Each process on an SQLite database does its own maintenance.
    pub fn maintains(&self) -> Result<bool, StoreError> {
        Ok(true)
    }

    /// The writing connection's place.
    pub fn writer_slot(&self) -> &WriterSlot {
        &self.writer
    }

    fn with_writer<T>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut lent = self.writer.lend()?;
        let busy_timeout = lent.busy_timeout;
        self.detach_if_replaced(&mut lent)?;
        let writer = match &mut lent.writer {
            Some(writer) => writer,
            none => none.insert(Writer::connect(&self.url, self.durability)?),
        };
        writer.set_busy_timeout(busy_timeout)?;
        let result = work(writer);
        if result.is_err() {
            self.detach_if_replaced(&mut lent)?;
        }
        if result.as_ref().is_err_and(StoreError::breaks_connection) {
            lent.writer = None;
        }
        result
    }

    /// Whether the database is still the file that was opened.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it is not.
    pub fn check_file(&self) -> Result<(), StoreError> {
        self.file.as_ref().map_or(Ok(()), |file| file.check())
    }

    /// `work`, followed by a last look at the file before the commit.
    fn checking_file<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError> {
        move |connection| {
            let answer = work(connection)?;
            self.check_file()?;
            Ok(answer)
        }
    }

    /// Fails if the database is no longer the file that was opened. Then the connection is closed, and before that its
    /// log is written to the file that it belongs to: left beside another database, it would be applied to that one.
    fn detach_if_replaced(&self, lent: &mut LentWriter<'_>) -> Result<(), StoreError> {
        let checked = self.check_file();
        if checked.is_err()
            && let Some(writer) = &mut lent.writer
        {
            match writer.empty_log() {
                // A reader holds it up: the next call tries again.
                Ok(false) => {}
                Ok(true) => lent.writer = None,
                Err(error) => {
                    tracing::warn!(%error, "cannot write the log of the replaced database to it");
                    lent.writer = None;
                }
            }
        }
        checked
    }
}

/// The URL of a file, whose folder exists afterwards.
fn file_url(path: &Path) -> Result<String, StoreError> {
    let text = path
        .to_str()
        .ok_or_else(|| StoreError::Unavailable("the path is not valid UTF-8".to_owned()))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| existing::unreadable(&error))?;
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
