//! Whether the sink takes batches: what `/readyz` reports. Nothing else depends on it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long writing may fail before the server reports that it is not ready. A backup holds its lock for less.
const GRACE_PERIOD: Duration = Duration::from_secs(5);

/// The current failure, if there is one. The counters report each write; `/readyz` reads. Only one failure is kept, so
/// memory is bounded.
#[derive(Debug, Default)]
pub struct SinkHealth {
    current: Mutex<Option<Failure>>,
}

#[derive(Debug)]
struct Failure {
    since: Instant,
    message: String,
}

impl SinkHealth {
    /// Records a write that succeeded.
    pub fn succeeded(&self) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Records a write that failed.
    pub fn failed(&self, error: &dyn std::fmt::Display) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let since = current
            .as_ref()
            .map_or_else(Instant::now, |failure| failure.since);
        *current = Some(Failure {
            since,
            message: error.to_string(),
        });
    }

    /// The last error, once writing has failed for five seconds without a success.
    pub fn failure(&self) -> Option<String> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current
            .as_ref()
            .filter(|failure| failure.since.elapsed() >= GRACE_PERIOD)
            .map(|failure| failure.message.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_after_the_grace_period_and_ends_with_a_success() {
        let health = SinkHealth::default();
        health.failed(&"locked");
        assert_eq!(health.failure(), None);
        let long_ago = Instant::now().checked_sub(GRACE_PERIOD).expect("a clock");
        let first = Failure {
            since: long_ago,
            message: "gone".to_owned(),
        };
        *health.current.lock().unwrap() = Some(first);
        health.failed(&"locked");
        assert_eq!(health.failure().as_deref(), Some("locked"));
        health.succeeded();
        assert_eq!(health.failure(), None);
    }
}
