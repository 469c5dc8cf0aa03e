//! The delay before a failed commit is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const CAP: Duration = Duration::from_secs(2);

/// Doubles from 50 ms to 2 s. Each wait is drawn from the upper half of its step, so that counters that failed at
/// the same time do not retry at the same time.
#[derive(Debug)]
pub(super) struct Backoff {
    step: Duration,
}

impl Backoff {
    pub(super) fn new() -> Backoff {
        Backoff { step: FIRST }
    }

    /// The next delay.
    pub(super) fn next(&mut self) -> Duration {
        let wait = self.step.mul_f64(0.5 + fastrand::f64() / 2.0);
        self.step = (self.step * 2).min(CAP);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_its_cap_and_never_beyond() {
        let mut backoff = Backoff::new();
        assert!(backoff.next() <= FIRST);
        for _ in 0..20 {
            let wait = backoff.next();
            assert!(wait > Duration::ZERO && wait <= CAP, "{wait:?}");
        }
        assert!(backoff.next() >= CAP / 2);
    }
}
