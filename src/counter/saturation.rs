//! How long the channel has been too small: when to start a counter, and when one may go.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

const NEVER: i64 = i64::MIN;

/// Shared by senders, who report a full channel, and counters, who report relief. Two numbers.
///
/// The channel "has stayed full" while no counter has gone through a whole cycle (empty the channel, commit) without
/// some sender finding it full meanwhile. The moment after a counter has emptied it does not end that.
#[derive(Debug)]
pub(super) struct Saturation {
    start: Instant,
    /// Since when it has stayed full, in milliseconds from `start`; `NEVER` if it has not.
    full_since: AtomicI64,
    /// When a sender last found it full.
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

    /// A sender found the channel full. Returns whether it has stayed so for `limit`: to exactly one caller, and
    /// again only after another `limit`.
    pub(super) fn full(&self, now: Instant, limit: Duration) -> bool {
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

    /// A counter went through a cycle that began at `cycle_start`.
    pub(super) fn cycle(&self, cycle_start: Instant) {
        if self.last_full.load(Ordering::Relaxed) < self.at(cycle_start) {
            self.full_since.store(NEVER, Ordering::Relaxed);
        }
    }

    /// Whether no sender has found the channel full for `length`.
    pub(super) fn quiet_for(&self, now: Instant, length: Duration) -> bool {
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
        let full = |s: u64| saturation.full(start + Duration::from_secs(s), LIMIT);
        assert!(!full(10));
        assert!(!full(12));
        assert!(full(13));
        assert!(!full(13));
        assert!(!full(15));
        assert!(full(16));
    }

    #[test]
    fn a_cycle_without_a_full_channel_ends_the_stretch() {
        let start = Instant::now();
        let saturation = Saturation::new(start);
        let at = |s: u64| start + Duration::from_secs(s);
        assert!(!saturation.full(at(1), LIMIT));
        saturation.cycle(at(0));
        assert!(
            saturation.full(at(4), LIMIT),
            "a sender found it full during that cycle"
        );
        saturation.cycle(at(5));
        assert!(!saturation.full(at(9), LIMIT), "it starts anew");
        assert!(!saturation.quiet_for(at(10), Duration::from_secs(5)));
        assert!(saturation.quiet_for(at(14), Duration::from_secs(5)));
    }
}
