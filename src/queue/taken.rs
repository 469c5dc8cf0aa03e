//! What a queue has taken over of the journals.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use super::outbox_file::TakenOver;
use crate::model::{Batch, JournalPart, RunId};

/// What was taken over, and what of that is written down. Locked for moments: files are written and read without.
#[derive(Default)]
pub(super) struct Taken {
    /// Of the journals of this run, and of earlier ones as far as they were asked for.
    pub(super) runs: HashMap<RunId, TakenOver>,
    /// Runs whose file does not have all of it.
    pub(super) unwritten: BTreeSet<RunId>,
    /// Files of accepted batches, to be removed once that is written.
    pub(super) accepted: Vec<PathBuf>,
}

impl Taken {
    /// Takes over a part of a journal.
    pub(super) fn add(&mut self, part: &JournalPart) {
        let taken = self.runs.entry(part.run).or_default();
        taken.positions.extend(&part.positions);
        if let Some((dropped, _)) = part.dropped {
            taken.dropped = taken.dropped.max(dropped);
        }
        self.unwritten.insert(part.run);
    }

    /// Takes over what the journals dropped and no message tells yet: the run, how many views, their day. At once, so that of
    /// two counters one tells it.
    pub(super) fn reserve_dropped(&mut self, batch: &Batch) -> Vec<(RunId, u64, i64)> {
        let parts = batch.journaled.parts().iter();
        let new = parts.filter_map(|part| {
            let (total, day) = part.dropped?;
            let known = &mut self.runs.entry(part.run).or_default().dropped;
            let new = total.checked_sub(*known).filter(|&new| new > 0)?;
            *known = total;
            Some((part.run, new, day))
        });
        new.collect()
    }

    /// Gives that back: it could not be put down.
    pub(super) fn give_back_dropped(&mut self, dropped: &[(RunId, u64, i64)]) {
        for (run, count, _) in dropped {
            let known = &mut self.runs.entry(*run).or_default().dropped;
            *known = known.saturating_sub(*count);
        }
    }
}
