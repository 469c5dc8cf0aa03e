//! The memory of viewers whose views wait to be written, over all counters and the overflow together.
//!
//! Views of one post merge, views of different viewers do not: while the store is away, they are what grows without a
//! bound of its own. When the memory they may take is full, a view whose viewer would take more is kept without its
//! viewer. Where a window decides about repeats, such a view may be one, and is recorded as dropped instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::metrics::Metrics;
use crate::model::{Batch, DedupWindow, Reason, ViewEvent};

/// What all batches together may take for viewers.
pub(super) struct ViewerMemory {
    limit: usize,
    used: AtomicUsize,
    /// Whether it has been full, and not half empty since.
    scarce: AtomicBool,
    /// Views without their viewer since then.
    lost: AtomicU64,
    metrics: Arc<Metrics>,
}

impl ViewerMemory {
    /// `limit` in bytes.
    pub(super) fn new(limit: usize, metrics: Arc<Metrics>) -> ViewerMemory {
        ViewerMemory {
            limit,
            used: AtomicUsize::new(0),
            scarce: AtomicBool::new(false),
            lost: AtomicU64::new(0),
            metrics,
        }
    }

    /// Adds an event to a batch, of which `held` bytes are accounted for; returns how many are now.
    pub(super) fn add(&self, batch: &mut Batch, held: usize, event: ViewEvent) -> usize {
        match &event.viewer {
            Some(viewer)
                if self.used.load(Ordering::Relaxed) >= self.limit
                    && !batch.holds(event.post, viewer, event.at) =>
            {
                self.add_without_viewer(batch, event);
            }
            _ => batch.add(event),
        }
        self.account(held, batch)
    }

    fn add_without_viewer(&self, batch: &mut Batch, event: ViewEvent) {
        self.metrics.views_without_viewer.inc();
        self.lost.fetch_add(1, Ordering::Relaxed);
        if !self.scarce.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                megabytes = self.limit >> 20,
                "memory for viewers of views that wait is full: views of others are {}",
                match batch.window() {
                    DedupWindow::NONE => "counted without their viewer",
                    _ => "dropped, for they may be repeats",
                }
            );
        }
        let uncounted = (batch.window() != DedupWindow::NONE).then_some(Reason::Dropped);
        batch.add(ViewEvent {
            viewer: None,
            uncounted,
            ..event
        });
    }

    /// Accounts for what a batch takes now, in place of `held` bytes; returns how many that are.
    pub(super) fn account(&self, held: usize, batch: &Batch) -> usize {
        let bytes = batch.visit_bytes();
        if bytes > held {
            self.used.fetch_add(bytes - held, Ordering::Relaxed);
        } else if bytes < held {
            self.give_back(held - bytes);
        }
        bytes
    }

    fn give_back(&self, bytes: usize) {
        let used = self.used.fetch_sub(bytes, Ordering::Relaxed) - bytes;
        if used <= self.limit / 2 && self.scarce.load(Ordering::Relaxed) {
            self.tell();
        }
    }

    /// Says how many views have lost their viewers, if that was not said yet.
    pub(super) fn tell(&self) {
        if self.scarce.swap(false, Ordering::Relaxed) {
            let views = self.lost.swap(0, Ordering::Relaxed);
            tracing::warn!(
                views,
                "memory for viewers is free again; so many views have lost theirs"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{TimestampMs, Viewer};

    #[test]
    fn a_viewer_who_is_kept_takes_no_more_memory() {
        let memory = ViewerMemory::new(1, Arc::new(Metrics::new(0)));
        let mut batch = Batch::new(DedupWindow::NONE);
        let mut held = 0;
        for viewer in [-1, -2, -1, -3] {
            let event = ViewEvent {
                post: 1,
                at: TimestampMs(5),
                viewer: Some(Viewer::Anonymous(viewer)),
                uncounted: None,
            };
            held = memory.add(&mut batch, held, event);
        }
        let reads: Vec<u64> = batch.sorted_visits().map(|v| v.visit.count).collect();
        assert_eq!((reads, batch.events()), (vec![2], 4));
        assert_eq!(memory.metrics.views_without_viewer.get(), 2);
        assert_eq!(memory.used.load(Ordering::Relaxed), held);
        assert!(memory.scarce.load(Ordering::Relaxed));
        batch.clear();
        assert_eq!(memory.account(held, &batch), 0);
        assert_eq!(memory.used.load(Ordering::Relaxed), 0);
        assert!(!memory.scarce.load(Ordering::Relaxed), "it was told");
    }
}
