//! Whether the sink takes batches: what `/readyz` reports. Nothing else depends on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long writing may fail before the server reports that it is not ready. A backup holds its lock for less.
const GRACE_PERIOD: Duration = Duration::from_secs(5);

/// The current failure, if there is one. The counters report each write; `/readyz` reads. Only one failure is kept, so
/// memory is bounded.
#[derive(Debug, Default)]
pub struct SinkHealth {
    current: Mutex<Option<Failure>>,
}

/// Whether an external queue does what it is asked, and whether what comes from it is applied.
#[derive(Debug, Default)]
pub struct QueueHealth {
    /// Of sending to it.
    pub sending: SinkHealth,
    /// Of asking it how many partitions it has.
    pub asking: SinkHealth,
    /// Of sharing these with other nodes.
    pub sharing: SinkHealth,
    /// Of reading and applying, for each partition that this node reads: that one goes well says nothing of another.
    consuming: Mutex<BTreeMap<u32, Arc<SinkHealth>>>,
}

impl QueueHealth {
    /// That of a partition.
    pub fn consuming(&self, partition: u32) -> Arc<SinkHealth> {
        Arc::clone(self.parts().entry(partition).or_default())
    }

    /// Forgets a partition: this node reads it no more.
    pub fn forget(&self, partition: u32) {
        self.parts().remove(&partition);
    }

    /// As [`SinkHealth::failure`], of whatever keeps this node from applying what is on the queue.
    pub fn consuming_failure(&self) -> Option<String> {
        let of_parts = self.parts().values().find_map(|health| health.failure());
        self.asking
            .failure()
            .or_else(|| self.sharing.failure())
            .or(of_parts)
    }

    fn parts(&self) -> MutexGuard<'_, BTreeMap<u32, Arc<SinkHealth>>> {
        self.consuming
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Failure {
    since: Instant,
    /// Whether the grace period does not apply: it does not end by itself.
    lasting: bool,
    message: String,
}

impl SinkHealth {
    /// Records a write that succeeded. Returns whether one had failed before.
    pub fn succeeded(&self) -> bool {
        self.lock().take().is_some()
    }

    /// Records a write that failed. Returns whether that is news: the first failure, or another one than the last.
    pub fn failed(&self, error: &dyn std::fmt::Display) -> bool {
        self.record(false, error.to_string())
    }

    /// As [`SinkHealth::failed`], of a failure that is known to last.
    pub fn failed_lastingly(&self, error: &dyn std::fmt::Display) -> bool {
        self.record(true, error.to_string())
    }

    fn record(&self, lasting: bool, message: String) -> bool {
        let mut current = self.lock();
        let Some(failure) = &mut *current else {
            *current = Some(Failure {
                since: Instant::now(),
                lasting,
                message,
            });
            return true;
        };
        failure.lasting |= lasting;
        let is_news = failure.message != message;
        failure.message = message;
        is_news
    }

    fn lock(&self) -> MutexGuard<'_, Option<Failure>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last error, if writing fails now.
    pub fn last_failure(&self) -> Option<String> {
        self.lock().as_ref().map(|failure| failure.message.clone())
    }

    /// The last error, once writing has failed for five seconds without a success, or at once if it is known to last.
    pub fn failure(&self) -> Option<String> {
        self.lock()
            .as_ref()
            .filter(|failure| failure.lasting || failure.since.elapsed() >= GRACE_PERIOD)
            .map(|failure| failure.message.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_after_the_grace_period_and_ends_with_a_success() {
        let health = SinkHealth::default();
        assert!(!health.succeeded());
        assert!(health.failed(&"locked"));
        assert!(!health.failed(&"locked"), "that is no news");
        assert_eq!(health.failure(), None);
        let long_ago = Instant::now().checked_sub(GRACE_PERIOD).expect("a clock");
        let first = Failure {
            since: long_ago,
            lasting: false,
            message: "gone".to_owned(),
        };
        *health.current.lock().unwrap() = Some(first);
        assert!(health.failed(&"locked"), "another failure is news");
        assert_eq!(health.failure().as_deref(), Some("locked"));
        assert!(health.succeeded());
        assert_eq!(health.failure(), None);
    }

    #[test]
    fn a_failure_that_lasts_shows_at_once() {
        let health = SinkHealth::default();
        health.failed(&"locked");
        assert!(health.failed_lastingly(&"gone"));
        health.failed(&"gone");
        assert_eq!(health.failure().as_deref(), Some("gone"));
    }
}
