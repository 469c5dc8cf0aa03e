//! The rankings: who reads them, who computes them, and when.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use flume::{Receiver, RecvTimeoutError, Sender};

use super::page::page_of;
use super::snapshot::Snapshot;
use crate::model::{ListQuery, Page, Period, PostSummary, TimestampMs};
use crate::store::cache::CachedStore;
use crate::store::error::StoreError;

/// Ranks kept for each period, 160 KB each. A list by period ends after them.
const MAX_RANKS: usize = 10_000;

/// The longest time between two checks whether the snapshot is current.
const MAX_INTERVAL: Duration = Duration::from_secs(600);

/// Rankings of the posts of a store.
pub struct Rankings {
    store: Arc<CachedStore>,
    snapshot: RwLock<Option<Arc<Snapshot>>>,
    /// Locked while a snapshot is computed.
    computing: Mutex<()>,
    /// Makes the thread compute a snapshot; `None` once the server stops.
    refresh: RwLock<Option<Sender<()>>>,
}

impl Rankings {
    /// Rankings of the posts in `store`, and the requests to refresh them, for the thread that calls
    /// [`Rankings::run`].
    pub fn new(store: Arc<CachedStore>) -> (Rankings, Receiver<()>) {
        let (refresh, refreshes) = flume::bounded(1);
        let rankings = Rankings {
            store,
            snapshot: RwLock::default(),
            computing: Mutex::default(),
            refresh: RwLock::new(Some(refresh)),
        };
        (rankings, refreshes)
    }

    /// One page of the posts with the most views in `period`, with the views of that period. Posts without any are not
    /// in it, and it ends after 10,000 posts, before any filter.
    ///
    /// # Errors
    /// Those of the store.
    pub fn page(
        &self,
        period: Period,
        query: &ListQuery,
        now: TimestampMs,
    ) -> Result<Page<PostSummary>, StoreError> {
        let snapshot = self.usable_or_compute(now)?;
        page_of(self.store.store(), snapshot.list(period), query)
    }

    /// As [`Rankings::page`]; `None` where nothing has been ranked yet, which takes seconds on a large site.
    ///
    /// # Errors
    /// Those of the store.
    pub fn page_now(
        &self,
        period: Period,
        query: &ListQuery,
        now: TimestampMs,
    ) -> Result<Option<Page<PostSummary>>, StoreError> {
        match self.snapshot() {
            Some(_) => self.page(period, query, now).map(Some),
            None => Ok(None),
        }
    }

    /// The loop of the thread: computes a snapshot at the start, and later ones when they are due, until
    /// [`Rankings::close`].
    pub fn run(&self, refreshes: &Receiver<()>, now: impl Fn() -> TimestampMs) {
        loop {
            if let Err(error) = self.compute_if_due(now()) {
                tracing::debug!(%error, "cannot rank the posts of each period; trying again");
            }
            if let Err(RecvTimeoutError::Disconnected) = refreshes.recv_timeout(MAX_INTERVAL) {
                return;
            }
        }
    }

    /// Ends a computation under way, and the thread.
    pub fn close(&self) {
        *self.refresh.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn usable_or_compute(&self, now: TimestampMs) -> Result<Arc<Snapshot>, StoreError> {
        if let Some(snapshot) = self.usable(now) {
            return Ok(snapshot);
        }
        let _alone = self.lock_computing();
        // Another request may have computed it in the meantime.
        match self.usable(now) {
            Some(snapshot) => Ok(snapshot),
            None => self.compute(now),
        }
    }

    /// The snapshot, if it is current, or large; a large one that is old is requested anew.
    fn usable(&self, now: TimestampMs) -> Option<Arc<Snapshot>> {
        let snapshot = self.snapshot()?;
        if snapshot.is_current(self.store.version(), now) {
            return Some(snapshot);
        }
        if !snapshot.is_large() {
            return None;
        }
        if snapshot.is_old() {
            self.request_refresh();
        }
        Some(snapshot)
    }

    fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.snapshot
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn request_refresh(&self) {
        if let Some(refresh) = &*self.refresh.read().unwrap_or_else(PoisonError::into_inner) {
            // A full channel holds a request already.
            let _ = refresh.try_send(());
        }
    }

    fn is_open(&self) -> bool {
        self.refresh
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    fn compute_if_due(&self, now: TimestampMs) -> Result<(), StoreError> {
        let _alone = self.lock_computing();
        let version = self.store.version();
        let due = self
            .snapshot()
            .is_none_or(|snapshot| snapshot.is_old() && !snapshot.is_current(version, now));
        if due {
            self.compute(now)?;
        }
        Ok(())
    }

    /// Called with `computing` locked.
    fn compute(&self, now: TimestampMs) -> Result<Arc<Snapshot>, StoreError> {
        let started = Instant::now();
        let version = self.store.version();
        let ranked = self
            .store
            .store()
            .rank(&Snapshot::starts(now), MAX_RANKS, &|| self.is_open())?
            .ok_or_else(|| StoreError::Busy("the server is stopping".to_owned()))?;
        let snapshot = Arc::new(Snapshot::new(ranked, version, now, started));
        *self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    fn lock_computing(&self) -> MutexGuard<'_, ()> {
        self.computing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
