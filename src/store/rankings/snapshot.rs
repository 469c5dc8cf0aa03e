//! The rankings as computed at one moment.

use std::time::{Duration, Instant};

use crate::model::{Period, Rank, TimestampMs};
use crate::store::cache::Version;
use crate::store::traits::Ranked;

/// Hourly rows that a request may read itself: some 5 ms.
const INLINE_ROWS: u64 = 20_000;

/// How many times as long as computing a snapshot took, it is served before it is computed again.
const COST_FACTOR: u32 = 20;

/// The periods ranked, in the order of [`Ranked::lists`].
const PERIODS: [Period; 4] = [Period::Day, Period::Week, Period::Month, Period::Year];

/// The rankings of all periods.
pub struct Snapshot {
    ranked: Ranked,
    /// What had been written before it was computed.
    version: Version,
    /// The hour it was computed in.
    hour: TimestampMs,
    finished: Instant,
    took: Duration,
}

impl Snapshot {
    /// The start of each period that ends now.
    pub fn starts(now: TimestampMs) -> Vec<TimestampMs> {
        PERIODS
            .iter()
            .filter_map(|period| period.since(now))
            .collect()
    }

    /// What computing from [`Snapshot::starts`] gave. `version` and `started` are from before.
    pub fn new(ranked: Ranked, version: Version, now: TimestampMs, started: Instant) -> Snapshot {
        Snapshot {
            ranked,
            version,
            hour: now.hour(),
            finished: Instant::now(),
            took: started.elapsed(),
        }
    }

    /// The ranks of a period, highest first.
    pub fn list(&self, period: Period) -> &[Rank] {
        PERIODS
            .iter()
            .position(|known| *known == period)
            .and_then(|index| self.ranked.lists.get(index))
            .map_or(&[], Vec::as_slice)
    }

    /// Whether computing it again would give the same.
    pub fn is_current(&self, version: Version, now: TimestampMs) -> bool {
        self.version == version && version.is_settled() && self.hour == now.hour()
    }

    /// Whether it is too large for a request to compute.
    pub fn is_large(&self) -> bool {
        self.ranked.rows > INLINE_ROWS
    }

    /// Whether it is old enough to be computed again.
    pub fn is_old(&self) -> bool {
        self.finished.elapsed() > self.took * COST_FACTOR
    }
}
