//! Measures how long the channel has stayed full: when to start one more counter, and when one may retire.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

const NEVER: i64 = i64::MIN;

/// Senders report a full channel, counters report each finished cycle.
///
/// The channel has stayed full as long as in each counter's cycle (drain the channel, commit) at least one sender found
/// it full. It does not count as relieved merely because a counter has just drained it.
#[derive(Debug)]
pub(super) struct Saturation {
    start: Instant,
    /// Since when the channel has stayed full, in milliseconds from `start`; `NEVER` if it has not.
    full_since: AtomicI64,
    /// When a sender last found the channel full.
    last_full: AtomicI64,
}

impl Saturation {
    pub(super) fn new(start: Instant) -> Saturation {
        Saturation {
            start,
            full_since: AtomicI64::new(NEVER),
            last_full: AtomicI64::new(NEVER),
        }
    }

    fn at(&self, now: Instant) -> i64 {
        i64::try_from(now.duration_since(self.start).as_millis()).unwrap_or(i64::MAX)
    }

    /// Records that a sender found the channel full. Returns whether the channel has stayed full for `limit`: `true` to
    /// exactly one caller, and again only after another `limit`.
    pub(super) fn on_full(&self, now: Instant, limit: Duration) -> bool {
        let now = self.at(now);
        self.last_full.fetch_max(now, Ordering::Relaxed);
        let since = self.full_since.load(Ordering::Relaxed);
        let due =
            since != NEVER && now - since >= i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
        let restart = since == NEVER || due;
        restart
            && self
                .full_since
                .compare_exchange(since, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
            && due
    }

    /// Records that a counter finished a cycle that began at `cycle_start`.
    pub(super) fn on_cycle(&self, cycle_start: Instant) {
        if self.last_full.load(Ordering::Relaxed) < self.at(cycle_start) {
            self.full_since.store(NEVER, Ordering::Relaxed);
        }
    }

    /// Whether no sender has found the channel full for `length`.
    pub(super) fn calm_for(&self, now: Instant, length: Duration) -> bool {
        let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        match self.last_full.load(Ordering::Relaxed) {
            NEVER => true,
            last => self.at(now) - last >= length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(3);

    #[test]
    fn asks_for_a_counter_once_each_limit_while_it_stays_full() {
        let start = Instant::now();
        let saturation = Saturation::new(start);
        let full = |s: u64| saturation.on_full(start + Duration::from_secs(s), LIMIT);
        assert!(!full(10));
        assert!(!full(12));
        assert!(full(13));
        assert!(!full(13));
        assert!(!full(15));
        assert!(full(16));
    }

    #[test]
    fn a_cycle_without_a_full_channel_resets_the_measure() {
        let start = Instant::now();
        let saturation = Saturation::new(start);
        let at = |s: u64| start + Duration::from_secs(s);
        assert!(!saturation.on_full(at(1), LIMIT));
        saturation.on_cycle(at(0));
        assert!(
            saturation.on_full(at(4), LIMIT),
            "a sender found it full during that cycle"
        );
        saturation.on_cycle(at(5));
        assert!(!saturation.on_full(at(9), LIMIT), "the measure starts anew");
        assert!(!saturation.calm_for(at(10), Duration::from_secs(5)));
        assert!(saturation.calm_for(at(14), Duration::from_secs(5)));
    }
}
