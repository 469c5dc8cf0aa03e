//! How many events were not counted.

use serde::Serialize;

use super::reason::Reason;

/// How many events were not counted, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Uncounted {
    /// See [`Reason::Duplicate`].
    pub duplicate: u64,
    /// See [`Reason::Bot`].
    pub bot: u64,
    /// See [`Reason::Prefetch`].
    pub prefetch: u64,
    /// See [`Reason::Excluded`].
    pub excluded: u64,
    /// See [`Reason::Dropped`].
    pub dropped: u64,
}

impl Uncounted {
    /// Adds `n` events under `reason`.
    pub fn add(&mut self, reason: Reason, n: u64) {
        let number = match reason {
            Reason::Duplicate => &mut self.duplicate,
            Reason::Bot => &mut self.bot,
            Reason::Prefetch => &mut self.prefetch,
            Reason::Excluded => &mut self.excluded,
            Reason::Dropped => &mut self.dropped,
        };
        *number = number.saturating_add(n);
    }

    /// The number under `reason`.
    pub fn get(&self, reason: Reason) -> u64 {
        match reason {
            Reason::Duplicate => self.duplicate,
            Reason::Bot => self.bot,
            Reason::Prefetch => self.prefetch,
            Reason::Excluded => self.excluded,
            Reason::Dropped => self.dropped,
        }
    }

    /// The sum over all reasons.
    pub fn total(&self) -> u64 {
        Reason::ALL
            .into_iter()
            .fold(0, |sum: u64, reason| sum.saturating_add(self.get(reason)))
    }
}
