//! Holds events that did not fit into the channel. They are coalesced: however long the store is unavailable, a post
//! costs one entry an hour.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::viewer_memory::ViewerMemory;
use crate::model::{Batch, DedupWindow, Reason, ViewEvent};

/// Visits that are taken under one lock where there are too many to take all: no sender waits for longer than a
/// millisecond.
const TAKEN_AT_ONCE: usize = 4096;

/// Senders merge events into it; counters take them with their next batches. Bounded by the number of posts, since only an
/// existing post is ever viewed, and by the memory that viewers may take.
pub(super) struct Overflow {
    memory: Arc<ViewerMemory>,
    held: Mutex<Held>,
    /// Its entries, readable without the lock: a counter checks with each batch, and mostly there are none.
    entries: AtomicUsize,
}

struct Held {
    batch: Batch,
    /// What is accounted for, in bytes.
    bytes: usize,
}

impl Overflow {
    /// Nothing yet. `window` is that of the sink.
    pub(super) fn new(window: DedupWindow, memory: Arc<ViewerMemory>) -> Overflow {
        Overflow {
            memory,
            held: Mutex::new(Held {
                batch: Batch::new(window),
                bytes: 0,
            }),
            entries: AtomicUsize::new(0),
        }
    }

    /// Merges an event.
    pub(super) fn merge(&self, event: ViewEvent) {
        self.with(|held| held.bytes = self.memory.add(&mut held.batch, held.bytes, event));
    }

    /// Records an event as dropped. An event that would not have been counted keeps its own reason.
    pub(super) fn shed(&self, event: ViewEvent) {
        let reason = event.uncounted.unwrap_or(Reason::Dropped);
        self.with(|held| {
            held.batch.add_uncounted(event.post, event.at, reason, 1);
        });
    }

    /// Takes entries out, visits at most about so many; `None` if there is nothing. Returns them with the bytes that are
    /// accounted for them, which are the caller's now.
    pub(super) fn take(&self, most_visits: usize) -> Option<(Batch, usize)> {
        if self.entries() == 0 {
            return None;
        }
        Some(self.with(|held| {
            let most = match held.batch.entries() > most_visits {
                true => most_visits.min(TAKEN_AT_ONCE),
                false => most_visits,
            };
            let part = held.batch.split_off(most);
            let left = held.batch.visit_bytes();
            let bytes = held.bytes.saturating_sub(left);
            held.bytes -= bytes;
            (part, bytes)
        }))
    }

    /// How many entries there are.
    pub(super) fn entries(&self) -> usize {
        self.entries.load(Ordering::Acquire)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Held) -> T) -> T {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut held);
        self.entries.store(held.batch.entries(), Ordering::Release);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;
    use crate::model::{TimestampMs, Viewer};

    fn overflow(limit: usize) -> Overflow {
        let memory = ViewerMemory::new(limit, Arc::new(Metrics::new(0)));
        Overflow::new(DedupWindow::NONE, Arc::new(memory))
    }

    #[test]
    fn each_event_is_taken_once() {
        let overflow = overflow(0);
        let view = ViewEvent {
            post: 1,
            at: TimestampMs(5),
            viewer: None,
            uncounted: None,
        };
        overflow.merge(view.clone());
        overflow.merge(view.clone());
        overflow.shed(view.clone());
        overflow.shed(ViewEvent {
            uncounted: Some(Reason::Bot),
            ..view
        });
        assert_eq!(overflow.entries(), 3);
        let (batch, _) = overflow.take(0).unwrap();
        assert!(overflow.take(0).is_none());
        assert_eq!(batch.events(), 4);
        assert_eq!(batch.sorted_views()[0].views, 2);
        let reasons: Vec<Reason> = batch
            .sorted_ledger()
            .iter()
            .map(|entry| entry.reason)
            .collect();
        assert_eq!(reasons, [Reason::Bot, Reason::Dropped]);
        assert_eq!(overflow.entries(), 0);
    }
    #[test]
    fn a_part_is_taken_with_the_bytes_that_are_accounted_for_it() {
        let overflow = overflow(usize::MAX);
        for viewer in 1..=10_000 {
            overflow.merge(ViewEvent {
                post: 1,
                at: TimestampMs(5),
                viewer: Some(Viewer::Anonymous(-viewer)),
                uncounted: None,
            });
        }
        let (mut events, mut parts) = (0, 0);
        while let Some((batch, bytes)) = overflow.take(6_000) {
            assert_eq!(bytes, batch.visit_bytes());
            assert!(batch.entries() <= 6_000);
            events += batch.events();
            parts += 1;
        }
        assert_eq!((events, parts), (10_000, 2));
        assert_eq!(overflow.held.lock().unwrap().bytes, 0);
    }
}
