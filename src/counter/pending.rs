//! The events that a counter has taken and not committed.

use super::channel::Channel;
use super::overflow::Overflow;
use super::viewer_memory::ViewerMemory;
use crate::model::{Batch, DedupWindow, ViewEvent};

/// Entries at which a batch takes in no more while commits fail: as many as are written within seconds. Beyond that, the
/// channel fills and the overflow policy decides.
const MAX_ENTRIES: usize = 1_000_000;

/// A counter's batch, and the events taken off the channel that are not merged into it yet. It lies outside whatever
/// may panic, so that after a panic only the event that was being merged is gone, and its loss is known.
pub(super) struct Pending<'a> {
    memory: &'a ViewerMemory,
    batch: Batch,
    /// What is accounted for the batch, in bytes.
    bytes: usize,
    drained: Option<flume::Drain<'a, ViewEvent>>,
    /// Events taken since the last commit.
    taken: u64,
}

impl<'a> Pending<'a> {
    /// Nothing yet. `window` is that of the sink.
    pub(super) fn new(window: DedupWindow, memory: &'a ViewerMemory) -> Pending<'a> {
        Pending {
            memory,
            batch: Batch::new(window),
            bytes: 0,
            drained: None,
            taken: 0,
        }
    }

    /// Adds one event.
    pub(super) fn add(&mut self, event: ViewEvent) {
        self.taken += 1;
        self.merge_event(event);
    }

    /// Adds another batch.
    pub(super) fn merge(&mut self, batch: Batch) {
        self.taken += batch.events();
        self.batch.merge(batch);
        self.account();
    }

    /// How many entries it takes in before it is to be written.
    pub(super) fn room(&self) -> usize {
        MAX_ENTRIES.saturating_sub(self.batch.entries())
    }

    /// Takes what is in the overflow now, as far as there is room.
    pub(super) fn take_overflow(&mut self, overflow: &Overflow) {
        self.take_entries(overflow, overflow.entries().min(self.room()));
    }

    /// Takes everything out of the overflow.
    pub(super) fn take_whole_overflow(&mut self, overflow: &Overflow) {
        self.take_entries(overflow, usize::MAX);
    }

    fn take_entries(&mut self, overflow: &Overflow, most: usize) {
        let mut left = most;
        while left > 0
            && let Some((batch, bytes)) = overflow.take(left)
        {
            left = left.saturating_sub(batch.entries());
            self.bytes += bytes;
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
            self.merge_event(event);
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
        self.account();
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
    pub(super) fn into_batch(mut self) -> Batch {
        let batch = self.batch.split_off(usize::MAX);
        self.account();
        batch
    }

    fn merge_event(&mut self, event: ViewEvent) {
        self.bytes = self.memory.add(&mut self.batch, self.bytes, event);
    }

    fn account(&mut self) {
        self.bytes = self.memory.account(self.bytes, &self.batch);
    }
}
