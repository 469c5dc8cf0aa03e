//! The events that a counter has taken and not committed.

use super::channel::Channel;
use super::overflow::Overflow;
use crate::model::{Batch, DedupWindow, ViewEvent};

/// A counter's batch, and the events taken off the channel that are not merged into it yet. It lies outside whatever
/// may panic, so that after a panic only the event that was being merged is gone, and its loss is known.
pub(super) struct Pending<'a> {
    batch: Batch,
    drained: Option<flume::Drain<'a, ViewEvent>>,
    /// Events taken since the last commit.
    taken: u64,
}

impl<'a> Pending<'a> {
    /// Nothing yet. `window` is that of the sink.
    pub(super) fn new(window: DedupWindow) -> Pending<'a> {
        Pending {
            batch: Batch::new(window),
            drained: None,
            taken: 0,
        }
    }

    /// Adds one event.
    pub(super) fn add(&mut self, event: ViewEvent) {
        self.taken += 1;
        self.batch.add(event);
    }

    /// Adds another batch.
    pub(super) fn merge(&mut self, batch: Batch) {
        self.taken += batch.events();
        self.batch.merge(batch);
    }

    /// Takes everything out of the overflow.
    pub(super) fn take_overflow(&mut self, overflow: &Overflow) {
        if let Some(batch) = overflow.take() {
            self.merge(batch);
        }
    }

    /// Takes what is on the channel. Each pass takes the channel's lock once; there are several because blocked senders
    /// put their events on the channel as it empties, and at most four because senders may be as fast as this loop.
    pub(super) fn drain(&mut self, channel: &'a Channel) {
        self.merge_drained();
        for _ in 0..4 {
            let events = channel.drain();
            if events.len() == 0 {
                break;
            }
            self.taken += events.len() as u64;
            self.drained = Some(events);
            self.merge_drained();
        }
    }

    /// Merges what was taken off the channel. Called again after a panic, it goes on with the next event.
    pub(super) fn merge_drained(&mut self) {
        while let Some(event) = self.drained.as_mut().and_then(Iterator::next) {
            self.batch.add(event);
        }
        self.drained = None;
    }

    /// The batch as it stands.
    pub(super) fn batch(&self) -> &Batch {
        &self.batch
    }

    /// Empties the batch after its commit.
    pub(super) fn clear(&mut self) {
        self.batch.clear();
        self.taken = 0;
    }

    /// How many events a panic has lost since this was last asked: taken, but neither merged nor still to be merged.
    pub(super) fn take_lost(&mut self) -> u64 {
        let unmerged = self
            .drained
            .as_ref()
            .map_or(0, |events| events.len() as u64);
        let lost = self.taken.saturating_sub(self.batch.events() + unmerged);
        self.taken -= lost;
        lost
    }

    /// The batch, once every event is merged.
    pub(super) fn into_batch(self) -> Batch {
        self.batch
    }
}
