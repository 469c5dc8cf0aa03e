//! Holds events that did not fit into the channel. They are coalesced: however long the store is unavailable, a post
//! costs one entry an hour.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::recorded::Sent;
use super::viewer_memory::ViewerMemory;
use crate::model::{Batch, DedupWindow, Reason, RunId};

/// Entries at which a part is full. A part is taken whole, for its events and their places in the journal must be
/// committed together; and it is merged by a counter, which is to stay a matter of moments.
const PART_ENTRIES: usize = 250_000;

/// Senders merge events into it; counters take them with their next batches. Bounded by the number of posts, since only an
/// existing post is ever viewed, and by the memory that viewers may take.
pub(super) struct Overflow {
    window: DedupWindow,
    /// Whose journal the events' places are in.
    run: Option<RunId>,
    memory: Arc<ViewerMemory>,
    /// The last one is filled.
    parts: Mutex<VecDeque<Part>>,
    /// Its entries, readable without the lock: a counter checks with each batch, and mostly there are none.
    entries: AtomicUsize,
}

struct Part {
    batch: Batch,
    /// What is accounted for, in bytes.
    bytes: usize,
}

impl Overflow {
    /// Nothing yet. `window` is that of the sink, `run` that of the journal.
    pub(super) fn new(
        window: DedupWindow,
        run: Option<RunId>,
        memory: Arc<ViewerMemory>,
    ) -> Overflow {
        Overflow {
            window,
            run,
            memory,
            parts: Mutex::default(),
            entries: AtomicUsize::new(0),
        }
    }

    /// Merges an event.
    pub(super) fn merge(&self, sent: Sent) {
        self.add(|part| {
            sent.note_place(self.run, &mut part.batch.journaled);
            part.bytes = self.memory.add(&mut part.batch, part.bytes, sent.event);
        });
    }

    /// Records an event as dropped. An event that would not have been counted keeps its own reason.
    pub(super) fn shed(&self, sent: Sent) {
        let event = &sent.event;
        let reason = event.uncounted.unwrap_or(Reason::Dropped);
        self.add(|part| {
            sent.note_place(self.run, &mut part.batch.journaled);
            part.batch.add_uncounted(event.post, event.at, reason, 1);
        });
    }

    fn add(&self, work: impl FnOnce(&mut Part)) {
        self.with(|parts| {
            let is_open = |part: &Part| part.batch.entries() < PART_ENTRIES;
            if !parts.back().is_some_and(is_open) {
                parts.push_back(Part {
                    batch: Batch::new(self.window),
                    bytes: 0,
                });
            }
            if let Some(part) = parts.back_mut() {
                work(part);
            }
        });
    }

    /// Takes a part out, if it has at most so many entries. Returns it with the bytes that are accounted for it, which are
    /// the caller's now.
    pub(super) fn take(&self, most_entries: usize) -> Option<(Batch, usize)> {
        if self.entries() == 0 {
            return None;
        }
        let part = self.with(|parts| {
            let fits = |part: &Part| part.batch.entries() <= most_entries;
            parts.front().is_some_and(fits).then(|| parts.pop_front())
        });
        let Part { batch, bytes } = part.flatten()?;
        Some((batch, bytes))
    }

    /// How many entries there are.
    pub(super) fn entries(&self) -> usize {
        self.entries.load(Ordering::Acquire)
    }

    fn with<T>(&self, work: impl FnOnce(&mut VecDeque<Part>) -> T) -> T {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut parts);
        let entries = parts.iter().map(|part| part.batch.entries()).sum();
        self.entries.store(entries, Ordering::Release);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;
    use crate::model::{TimestampMs, ViewEvent, Viewer};

    const RUN: RunId = RunId(1);

    fn overflow(limit: usize) -> Overflow {
        let memory = ViewerMemory::new(limit, Arc::new(Metrics::new(0)));
        Overflow::new(DedupWindow::NONE, Some(RUN), Arc::new(memory))
    }

    fn sent(place: std::ops::Range<u64>, viewer: Option<i64>, uncounted: Option<Reason>) -> Sent {
        Sent {
            receipt: None,
            event: ViewEvent {
                post: 1,
                at: TimestampMs(5),
                viewer: viewer.map(Viewer::Anonymous),
                uncounted,
            },
            place,
        }
    }

    #[test]
    fn each_event_is_taken_once() {
        let overflow = overflow(0);
        overflow.merge(sent(0..1, None, None));
        overflow.merge(sent(0..0, None, None));
        overflow.shed(sent(1..2, None, None));
        overflow.shed(sent(4..5, None, Some(Reason::Bot)));
        assert_eq!(overflow.entries(), 3);
        assert!(overflow.take(2).is_none(), "a part is taken whole");
        let (batch, _) = overflow.take(3).unwrap();
        assert!(overflow.take(usize::MAX).is_none());
        assert_eq!((batch.events(), batch.journaled.events()), (4, 3));
        let positions = batch.journaled.positions(RUN).unwrap();
        assert_eq!(positions.ranges(), [0..2, 4..5]);
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
    fn a_part_is_taken_with_its_places_and_the_bytes_that_are_accounted_for_it() {
        let overflow = overflow(usize::MAX);
        let count = PART_ENTRIES as u64 + 10;
        for number in 0..count {
            let viewer = Some(-1 - number.cast_signed());
            overflow.merge(sent(number..number + 1, viewer, None));
        }
        let mut sizes = Vec::new();
        while let Some((batch, bytes)) = overflow.take(PART_ENTRIES) {
            assert_eq!(bytes, batch.visit_bytes());
            assert_eq!(
                batch.journaled.positions(RUN).unwrap().len(),
                batch.events()
            );
            sizes.push(batch.events());
        }
        assert_eq!(sizes, [PART_ENTRIES as u64, 10]);
    }
}
