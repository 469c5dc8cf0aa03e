//! Holds events that did not fit into the channel. They are coalesced: however long the store is unavailable, a post
//! costs one entry an hour.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::recorded::Sent;
use crate::model::{Batch, DedupWindow, Reason, RunId};

/// Senders merge events into it; a counter takes all of them with its next batch. Bounded as a [`Batch`] is: by the
/// number of posts, since only an existing post is ever viewed, and by the limit on viewers.
#[derive(Debug)]
pub(super) struct Overflow {
    window: DedupWindow,
    /// Whose journal the events' places are in.
    run: Option<RunId>,
    batch: Mutex<Batch>,
    /// Its entries, readable without the lock: a counter checks with each batch, and mostly there are none.
    entries: AtomicUsize,
}

impl Overflow {
    /// Nothing yet. `window` is that of the sink, `run` that of the journal.
    pub(super) fn new(window: DedupWindow, run: Option<RunId>) -> Overflow {
        Overflow {
            window,
            run,
            batch: Mutex::new(Batch::new(window)),
            entries: AtomicUsize::new(0),
        }
    }

    /// Merges an event.
    pub(super) fn merge(&self, sent: Sent) {
        self.with(|batch| {
            sent.note_place(self.run, &mut batch.journaled);
            batch.add(sent.event);
        });
    }

    /// Records an event as dropped. An event that would not have been counted keeps its own reason.
    pub(super) fn shed(&self, sent: Sent) {
        let event = &sent.event;
        let reason = event.uncounted.unwrap_or(Reason::Dropped);
        self.with(|batch| {
            sent.note_place(self.run, &mut batch.journaled);
            batch.add_uncounted(event.post, event.at, reason, 1);
        });
    }

    /// Takes everything out; `None` if there is nothing.
    pub(super) fn take(&self) -> Option<Batch> {
        let empty = Batch::new(self.window);
        (self.entries() > 0).then(|| self.with(|batch| std::mem::replace(batch, empty)))
    }

    /// How many entries there are.
    pub(super) fn entries(&self) -> usize {
        self.entries.load(Ordering::Acquire)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Batch) -> T) -> T {
        let mut batch = self.batch.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut batch);
        self.entries.store(batch.entries(), Ordering::Release);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{TimestampMs, ViewEvent};

    #[test]
    fn each_event_is_taken_once() {
        let run = RunId(1);
        let overflow = Overflow::new(DedupWindow::NONE, Some(run));
        let sent = |place, uncounted| Sent {
            event: ViewEvent {
                post: 1,
                at: TimestampMs(5),
                viewer: None,
                uncounted,
            },
            place,
        };
        overflow.merge(sent(0..1, None));
        overflow.merge(sent(0..0, None));
        overflow.shed(sent(1..2, None));
        overflow.shed(sent(4..5, Some(Reason::Bot)));
        assert_eq!(overflow.entries(), 3);
        let batch = overflow.take().unwrap();
        assert!(overflow.take().is_none());
        assert_eq!((batch.events(), batch.journaled.events()), (4, 3));
        let positions = batch.journaled.positions(run).unwrap();
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
}
