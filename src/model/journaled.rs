//! What a batch knows of journals: by this its events are counted once, however often it is written.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::positions::{FIRST_UNWRITTEN, Positions, RunId};
use super::time::TimestampMs;

/// The parts of journals that a batch commits, nearly always of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journaled {
    parts: Vec<JournalPart>,
}

/// What a batch commits of one run's journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalPart {
    /// Whose journal it is.
    pub run: RunId,
    /// The places of the batch's events, and of others that no batch will have.
    pub positions: Positions,
    /// How many events those are that a segment has.
    pub events: u64,
    /// Views that found no room in the journal, in all, and the day on which that was seen; they go to the ledger
    /// as dropped.
    pub dropped: Option<(u64, i64)>,
}

/// How much of a batch is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// None of its events.
    Nothing,
    /// Some of them: it can neither be applied nor left out without an error.
    Some,
    /// All of them.
    All,
}

impl Journaled {
    /// Notes the place of an event.
    pub fn add(&mut self, run: RunId, place: Range<u64>) {
        let part = self.part(run);
        part.events += u64::from(place.start < FIRST_UNWRITTEN);
        part.positions.insert(place);
    }

    /// Notes places that no event has.
    pub fn add_finished(&mut self, run: RunId, positions: &Positions) {
        if !positions.is_empty() {
            self.part(run).positions.extend(positions);
        }
    }

    /// Notes how many views were dropped so far for want of room.
    pub fn add_dropped(&mut self, run: RunId, total: u64, at: TimestampMs) {
        let part = self.part(run);
        part.dropped = part.dropped.max(Some((total, at.day().0)));
    }

    /// Whether its numbers can be added up, and each run has one part. What this program makes always is so.
    pub(super) fn is_consistent(&self) -> bool {
        let sum = |number: fn(&JournalPart) -> u64| {
            let mut numbers = self.parts.iter().map(number);
            numbers.try_fold(0_u64, u64::checked_add).is_some()
        };
        let mut runs: Vec<RunId> = self.parts.iter().map(|part| part.run).collect();
        runs.sort_unstable();
        runs.dedup();
        runs.len() == self.parts.len()
            && sum(|part| part.events)
            && sum(|part| part.positions.len())
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: Journaled) {
        for part in other.parts {
            let of_run = self.part(part.run);
            of_run.positions.extend(&part.positions);
            of_run.events += part.events;
            of_run.dropped = of_run.dropped.max(part.dropped);
        }
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.parts.clear();
    }

    /// The parts.
    pub fn parts(&self) -> &[JournalPart] {
        &self.parts
    }

    /// How much of it is committed, given what is of the runs of its parts, in their order.
    pub fn overlap<'a>(&self, committed: impl IntoIterator<Item = &'a Positions>) -> Overlap {
        let (mut new, mut known) = (0, 0);
        for (part, committed) in self.parts.iter().zip(committed) {
            let of_part = part.positions.without(committed).len();
            new += of_part;
            known += part.positions.len() - of_part;
        }
        match (new, known) {
            (_, 0) => Overlap::Nothing,
            (0, _) => Overlap::All,
            _ => Overlap::Some,
        }
    }

    /// The places in the journal of a run.
    pub fn positions(&self, run: RunId) -> Option<&Positions> {
        let part = self.parts.iter().find(|part| part.run == run)?;
        Some(&part.positions)
    }

    /// How many events have a place in a journal.
    pub fn events(&self) -> u64 {
        self.parts.iter().map(|part| part.events).sum()
    }

    /// How many slots all places are.
    pub fn slots(&self) -> u64 {
        self.parts.iter().map(|part| part.positions.len()).sum()
    }

    /// Whether views were dropped that are not in the ledger.
    pub fn has_dropped(&self) -> bool {
        self.parts.iter().any(|part| part.dropped.is_some())
    }

    fn part(&mut self, run: RunId) -> &mut JournalPart {
        let found = self.parts.iter().position(|part| part.run == run);
        let index = found.unwrap_or_else(|| {
            self.parts.push(JournalPart {
                run,
                positions: Positions::default(),
                events: 0,
                dropped: None,
            });
            self.parts.len() - 1
        });
        &mut self.parts[index]
    }
}
