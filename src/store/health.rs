//! Whether the store answers: what `/readyz` says, and nothing else decides by it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the store may fail before the server says it is not ready. A lock held by a backup is shorter.
const PATIENCE: Duration = Duration::from_secs(5);

/// Shared by the counters, which report each commit, and `/readyz`, which reads. One failure at a time is kept, so
/// it is bounded.
#[derive(Debug, Default)]
pub struct SinkHealth {
    failure: Mutex<Option<Failure>>,
}

#[derive(Debug)]
struct Failure {
    since: Instant,
    why: String,
}

impl SinkHealth {
    /// A write succeeded.
    pub fn succeeded(&self) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A write failed.
    pub fn failed(&self, why: &dyn std::fmt::Display) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        let since = failure
            .as_ref()
            .map_or_else(Instant::now, |failure| failure.since);
        *failure = Some(Failure {
            since,
            why: why.to_string(),
        });
    }

    /// Why the store is not ready: the last error, once writing has failed for five seconds on end.
    pub fn trouble(&self) -> Option<String> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure
            .as_ref()
            .filter(|failure| failure.since.elapsed() >= PATIENCE)
            .map(|failure| failure.why.clone())
    }
}
