//! The events that a counter has taken and not committed.

use super::channel::Channel;
use super::overflow::Overflow;
use super::recorded::{Receipt, Sent};
use super::rest::Rest;
use super::viewer_memory::ViewerMemory;
use crate::journal::SavedBatch;
use crate::model::{Batch, DedupWindow, Journaled, RunId, TimestampMs};

/// Entries at which a batch takes in no more while commits fail: as many as are written within seconds. Beyond that, the
/// channel fills and the overflow policy decides.
const MAX_ENTRIES: usize = 1_000_000;

/// A counter's batch, and the events taken off the channel that are not merged into it yet. It lies outside whatever
/// may panic, so that after a panic only the event that was being merged is gone, and its loss is known.
pub(super) struct Pending<'a> {
    memory: &'a ViewerMemory,
    batch: Batch,
    /// Whose journal the events' places are in.
    run: Option<RunId>,
    /// Earlier states of parts of the batch, in files.
    saved: Vec<SavedBatch>,
    /// What is accounted for the batch, in bytes.
    bytes: usize,
    drained: Option<flume::Drain<'a, Sent>>,
    /// Who waits until the batch is written.
    receipts: Vec<Receipt>,
    /// Events taken since the last commit.
    taken: u64,
    /// Whether it is not known if the batch is written: then it stays as it is until that is.
    in_doubt: bool,
}

/// A post whose events make merging panic, for the tests of what a panic costs.
#[cfg(test)]
pub(super) const FAULTY: crate::model::PostId = i64::MIN;

impl<'a> Pending<'a> {
    /// Nothing yet. `window` is that of the sink, `run` that of the journal.
    pub(super) fn new(
        window: DedupWindow,
        run: Option<RunId>,
        memory: &'a ViewerMemory,
    ) -> Pending<'a> {
        Pending {
            memory,
            batch: Batch::new(window),
            run,
            saved: Vec::new(),
            bytes: 0,
            drained: None,
            receipts: Vec::new(),
            taken: 0,
            in_doubt: false,
        }
    }

    /// Adds one event.
    pub(super) fn add(&mut self, sent: Sent) {
        self.taken += 1;
        self.merge_sent(sent);
    }

    fn merge_sent(&mut self, sent: Sent) {
        #[cfg(test)]
        assert_ne!(sent.event.post, FAULTY, "as a fault in merging would");
        sent.note_place(self.run, &mut self.batch.journaled);
        self.receipts.extend(sent.receipt);
        self.bytes = self.memory.add(&mut self.batch, self.bytes, sent.event);
    }

    /// Adds what another counter could not write.
    pub(super) fn merge_rest(&mut self, rest: Rest) {
        self.saved.extend(rest.saved);
        self.merge(rest.batch);
    }

    fn merge(&mut self, batch: Batch) {
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
        // Senders may be as fast as this loop.
        let mut left = overflow.entries().min(self.room());
        while left > 0
            && let Some((batch, bytes)) = overflow.take(self.room())
        {
            left = left.saturating_sub(batch.entries());
            self.merge_part(batch, bytes);
        }
    }

    /// Takes everything out of the overflow.
    pub(super) fn take_whole_overflow(&mut self, overflow: &Overflow) {
        while let Some((batch, bytes)) = overflow.take(usize::MAX) {
            self.merge_part(batch, bytes);
        }
    }

    fn merge_part(&mut self, batch: Batch, bytes: usize) {
        self.bytes += bytes;
        self.merge(batch);
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
        while let Some(sent) = self.drained.as_mut().and_then(Iterator::next) {
            self.merge_sent(sent);
        }
        self.drained = None;
    }

    /// The batch as it stands.
    pub(super) fn batch(&self) -> &Batch {
        &self.batch
    }

    /// Whether it is not known if the batch is written: nothing may be merged into it.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// Notes that it is not known whether the batch is written.
    pub(super) fn set_in_doubt(&mut self) {
        self.in_doubt = true;
    }

    /// Makes the batch known by a number where no journal tells it apart.
    pub(super) fn name_batch(&mut self, now: TimestampMs) {
        if self.batch.journaled.parts().is_empty() {
            let random = u128::from(fastrand::u64(..)) << 64 | u128::from(fastrand::u64(..));
            self.batch.id.begin(random, now);
        }
    }

    /// What the batch holds of the journal.
    pub(super) fn journaled(&mut self) -> &mut Journaled {
        &mut self.batch.journaled
    }

    /// Earlier states of parts of the batch, in files.
    pub(super) fn saved(&self) -> &[SavedBatch] {
        &self.saved
    }

    /// Notes that the whole batch is in a file.
    pub(super) fn set_saved(&mut self, saved: SavedBatch) {
        self.saved = vec![saved];
    }

    /// Whether somebody waits until the batch is written.
    pub(super) fn is_awaited(&self) -> bool {
        !self.receipts.is_empty()
    }

    /// Tells those who wait that the batch is written: under a number, where it is not counted yet.
    pub(super) fn tell(&mut self, number: Option<u64>) {
        for receipt in self.receipts.drain(..) {
            // Whoever waits no longer is not told.
            let _ = receipt.try_send(number);
        }
    }

    /// Empties the batch after its commit. Returns the files that had earlier states of it.
    pub(super) fn clear(&mut self) -> Vec<SavedBatch> {
        self.batch.clear();
        self.in_doubt = false;
        self.taken = 0;
        self.account();
        std::mem::take(&mut self.saved)
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

    /// What is left, once every event is merged.
    pub(super) fn into_rest(mut self) -> Rest {
        let window = self.batch.window();
        let batch = std::mem::replace(&mut self.batch, Batch::new(window));
        self.account();
        Rest {
            batch,
            saved: self.saved,
        }
    }

    fn account(&mut self) {
        self.bytes = self.memory.account(self.bytes, &self.batch);
    }
}
