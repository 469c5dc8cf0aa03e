//! The store that several nodes share: PostgreSQL through Diesel.
//!
//! Nothing of it is in this process but its connections. Two pools, so that a crowd of readers keeps no batch from being
//! written, and writers that wait for each other keep nobody from reading.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::connect::{LOCK_TIMEOUT, STATEMENT_TIMEOUT, WatchedConnection};
use super::deadlines::DeadlineMonitor;
use super::elsewhere::Elsewhere;
use super::location::PostgresLocation;
use super::locks;
use super::migrate::migrate;
use super::pool::{self, Lent, Pool, WAIT};
use crate::model::{DedupWindow, PostId};
use crate::sink::BatchResult;
use crate::store::error::StoreError;
use crate::store::options::StoreOptions;
use crate::store::traits::ChangedElsewhere;

/// Connections that read. They serve cache misses, lists and pages of numbers.
const READERS: u32 = 4;

/// Connections that write: for counters, of which a node has few, and edits.
const WRITERS: u32 = 4;

/// How long a statement of a read may take that a request waits for.
const READ_LIMIT: Duration = Duration::from_secs(5);

/// How long a statement of a batch may take, without its rows; and what a row adds.
const BATCH_LIMIT: Duration = Duration::from_secs(10);
const ROW_LIMIT: Duration = Duration::from_micros(100);

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    /// Ended last.
    _monitor: DeadlineMonitor,
    readers: Pool,
    writers: Pool,
    window: DedupWindow,
    /// When all waiting ends, once that is known.
    deadline: OnceLock<Instant>,
    elsewhere: Mutex<Elsewhere>,
}

impl PostgresStore {
    /// Opens the database and brings its schema up to date.
    pub fn open(
        location: &PostgresLocation,
        options: StoreOptions,
    ) -> Result<PostgresStore, StoreError> {
        let monitor = DeadlineMonitor::start().map_err(|error| {
            StoreError::Unavailable(format!("no thread to watch its answers: {error}"))
        })?;
        let deadlines = monitor.deadlines();
        let mut connection = WatchedConnection::open(location, deadlines)?;
        connection.limit_statements(STATEMENT_TIMEOUT);
        migrate(&mut connection)?;
        Ok(PostgresStore {
            readers: pool::pool(location, deadlines, READERS),
            writers: pool::pool(location, deadlines, WRITERS),
            window: DedupWindow::new(options.dedup_window),
            deadline: OnceLock::new(),
            elsewhere: Mutex::new(Elsewhere::new(location, deadlines)),
            _monitor: monitor,
        })
    }

    /// What decides about repeats.
    pub fn window(&self) -> DedupWindow {
        self.window
    }

    /// See [`LifecycleStore::end_waits_by`](crate::store::traits::LifecycleStore::end_waits_by).
    pub fn deadline(&self) -> &OnceLock<Instant> {
        &self.deadline
    }

    /// Runs one query.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(&self.readers, READ_LIMIT, work)
    }

    /// As [`PostgresStore::read`], of what may be all rows.
    pub fn read_all<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(&self.readers, STATEMENT_TIMEOUT, work)
    }

    /// Runs several queries that all see the same moment.
    pub fn read_snapshot<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.read(|connection| snapshot(connection, work))
    }

    /// As [`PostgresStore::read_snapshot`], of what may be all rows.
    pub fn read_all_at_once<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.read_all(|connection| snapshot(connection, work))
    }

    /// Runs `work` in one transaction, alone, of which other nodes hear once it is committed: that any post may be changed.
    pub fn transact<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.announced(work, |_| None)
    }

    /// As [`PostgresStore::transact`], for what changes only this post.
    pub fn transact_on<T>(
        &self,
        post: impl FnOnce(&T) -> PostId,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.announced(work, |answer| Some(post(answer)))
    }

    fn announced<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
        post: impl FnOnce(&T) -> Option<PostId>,
    ) -> Result<T, StoreError> {
        let (answer, number) = self.alone(|connection| {
            let answer = work(connection)?;
            let number = Elsewhere::announce(connection, post(&answer))?;
            Ok((answer, number))
        })?;
        self.elsewhere().own_change(number);
        Ok(answer)
    }

    /// As [`PostgresStore::transact`], for what changes nothing that a node keeps in memory but numbers, and these as a batch
    /// does.
    pub fn transact_unseen<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.alone(work)
    }

    /// Runs `work` in one transaction, beside those of batches. It may write only what batches write, in their order.
    pub fn share<T>(
        &self,
        limit: Duration,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write(limit, locks::share, work)
    }

    /// As [`PostgresStore::share`], for a batch of so many rows.
    pub fn transact_batch(
        &self,
        rows: usize,
        work: impl FnOnce(&mut PgConnection) -> Result<BatchResult, StoreError>,
    ) -> Result<BatchResult, StoreError> {
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        let mut is_committing = false;
        let written = self.share(BATCH_LIMIT + ROW_LIMIT.saturating_mul(rows), |connection| {
            let result = work(connection)?;
            is_committing = true;
            Ok(result)
        });
        written.map_err(|error| match is_committing {
            true => StoreError::InDoubt(error.to_string()),
            false => error,
        })
    }

    /// As [`PostgresStore::transact_unseen`], for what touches no row but those of queues: batches go on beside it.
    pub fn transact_queue<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.share(BATCH_LIMIT, work)
    }

    /// As [`PostgresStore::transact_unseen`], but what `work` deletes of the salts is not left in the table's file: it is written
    /// anew. The server's log has it for longer, until that is recycled. The second part of the answer of `work` says whether
    /// it deleted something.
    pub fn erase<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<(T, bool), StoreError>,
    ) -> Result<T, StoreError> {
        let (answer, deleted) = self.alone(work)?;
        if deleted {
            // It is deleted whatever comes of this.
            let rewrite = |connection: &mut PgConnection| {
                Ok(connection.batch_execute("VACUUM (FULL) salts")?)
            };
            if let Err(error) = self.with(&self.writers, BATCH_LIMIT, rewrite) {
                tracing::debug!(%error, "cannot write the table of salts anew");
            }
        }
        Ok(answer)
    }

    /// What other nodes have changed since the last call.
    pub fn poll_changed_elsewhere(&self) -> Result<ChangedElsewhere, StoreError> {
        self.elsewhere().poll()
    }

    /// Whether this node does what one node is enough for.
    pub fn maintains(&self) -> Result<bool, StoreError> {
        self.elsewhere().maintains()
    }

    fn elsewhere(&self) -> MutexGuard<'_, Elsewhere> {
        self.elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn alone<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write(STATEMENT_TIMEOUT, locks::hold_alone, work)
    }

    /// Runs `work` in one transaction that takes this lock first.
    fn write<T>(
        &self,
        limit: Duration,
        lock: fn(&mut PgConnection) -> Result<(), StoreError>,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(&self.writers, limit, |connection| {
            connection.transaction(|connection| {
                self.prepare(connection)?;
                lock(connection)?;
                work(connection)
            })
        })
    }

    /// Bounds the waits of a transaction that writes. What its commit survives is the server's to decide (`synchronous_commit`):
    /// a journal gives up its events once they are committed, so it may not be less than the loss of that server.
    fn prepare(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if let Some(left) = self.time_left() {
            let wait = left.min(LOCK_TIMEOUT).as_millis().max(1);
            connection.batch_execute(&format!("SET LOCAL lock_timeout = {wait}"))?;
        }
        Ok(())
    }

    /// How long a wait may still take, if that is bounded.
    fn time_left(&self) -> Option<Duration> {
        let deadline = self.deadline.get()?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }

    fn with<T>(
        &self,
        pool: &Pool,
        limit: Duration,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let wait = self.time_left().map_or(WAIT, |left| left.min(WAIT));
        let mut lent: Lent = pool
            .get_timeout(wait.max(Duration::from_millis(1)))
            .map_err(|error| StoreError::Unavailable(format!("no connection: {error}")))?;
        lent.connection.limit_statements(limit);
        let result = work(&mut lent.connection);
        lent.is_broken = result.as_ref().is_err_and(StoreError::breaks_connection);
        result
    }
}

/// Runs queries that all see the same moment.
fn snapshot<T>(
    connection: &mut PgConnection,
    work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection
        .build_transaction()
        .repeatable_read()
        .read_only()
        .run(work)
}
