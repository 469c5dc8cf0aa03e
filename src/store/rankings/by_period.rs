//! The rankings: who reads them, who computes them, and when.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use flume::{Receiver, RecvTimeoutError, Sender};

use super::likely;
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
    /// Whether only the thread computes, for there are more rows than a request may read.
    is_large: AtomicBool,
    /// Locked while a request computes a snapshot.
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
            is_large: AtomicBool::new(false),
            computing: Mutex::default(),
            refresh: RwLock::new(Some(refresh)),
        };
        (rankings, refreshes)
    }

    /// One page of the posts with the most views in `period`, with the views of that period. Posts without any are not
    /// in it, and it ends after 10,000 posts, before any filter. While a large site is not ranked yet, it is of the posts
    /// that have the most views of all time or the highest trend, and may miss others.
    ///
    /// # Errors
    /// Those of the store.
    pub fn page(
        &self,
        period: Period,
        query: &ListQuery,
        now: TimestampMs,
    ) -> Result<Page<PostSummary>, StoreError> {
        let store = self.store.store();
        match (self.usable_or_compute(now)?, period.since(now)) {
            (None, Some(since)) => likely::page(store, since, now, query),
            (snapshot, _) => {
                let ranks = snapshot.as_ref().map(|snapshot| snapshot.list(period));
                page_of(store, ranks.unwrap_or_default(), query)
            }
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

    /// The snapshot that a request is answered from; `None` for a large site that is not ranked yet.
    fn usable_or_compute(&self, now: TimestampMs) -> Result<Option<Arc<Snapshot>>, StoreError> {
        if let Some(usable) = self.usable(now) {
            return Ok(usable);
        }
        let _alone = self
            .computing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Another request may have computed it in the meantime.
        if let Some(usable) = self.usable(now) {
            return Ok(usable);
        }
        // Asked whether to go on after more rows than a request may read.
        if let Some(snapshot) = self.compute(now, &|| false)? {
            return Ok(Some(snapshot));
        }
        self.is_large.store(true, SeqCst);
        self.request_refresh();
        Ok(self.snapshot())
    }

    /// What a request is answered from without computing; `None` if it has to compute. The snapshot of a large site that
    /// is old, or missing, is requested anew.
    fn usable(&self, now: TimestampMs) -> Option<Option<Arc<Snapshot>>> {
        let snapshot = self.snapshot();
        match &snapshot {
            Some(snapshot) if snapshot.is_current(self.store.version(), now) => {}
            _ if !self.is_large.load(SeqCst) => return None,
            Some(snapshot) if !snapshot.is_old() => {}
            _ => self.request_refresh(),
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

    /// Whether all posts were ranked once.
    #[cfg(test)]
    pub fn is_ranked(&self) -> bool {
        self.snapshot().is_some()
    }

    fn is_open(&self) -> bool {
        self.refresh
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    fn compute_if_due(&self, now: TimestampMs) -> Result<(), StoreError> {
        let version = self.store.version();
        let due = self
            .snapshot()
            .is_none_or(|snapshot| snapshot.is_old() && !snapshot.is_current(version, now));
        if due {
            self.compute(now, &|| self.is_open())?;
        }
        Ok(())
    }

    /// Computes a snapshot and keeps it. `None` if `go_on` answers false meanwhile, which a few rows do not ask.
    fn compute(
        &self,
        now: TimestampMs,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Arc<Snapshot>>, StoreError> {
        let started = Instant::now();
        let version = self.store.version();
        let starts = Snapshot::starts(now);
        let Some(ranked) = self.store.store().rank(&starts, MAX_RANKS, go_on)? else {
            return Ok(None);
        };
        let snapshot = Arc::new(Snapshot::new(ranked, version, now, started));
        self.is_large.store(snapshot.is_large(), SeqCst);
        *self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&snapshot));
        Ok(Some(snapshot))
    }
}
