//! Connections whose client has not been answered yet.
//!
//! A stop that hands the listening socket on waits for them a moment: they were accepted here, so that nobody else can
//! answer them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How many there are. Changed twice in the life of a connection.
#[derive(Debug, Default)]
pub(super) struct FirstRequests {
    awaited: Mutex<usize>,
    none: Condvar,
}

/// One of them, until it is answered or over.
#[derive(Debug)]
pub(super) struct FirstRequest(Arc<FirstRequests>);

impl FirstRequests {
    /// One more.
    pub(super) fn add(self: &Arc<Self>) -> FirstRequest {
        *self.lock() += 1;
        FirstRequest(Arc::clone(self))
    }

    /// Waits until there are none, at most until the deadline.
    pub(super) fn wait_until_none(&self, deadline: Instant) {
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self
            .none
            .wait_timeout_while(self.lock(), left, |awaited| *awaited > 0);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FirstRequest {
    fn drop(&mut self) {
        let mut awaited = self.0.lock();
        *awaited -= 1;
        if *awaited == 0 {
            self.0.none.notify_all();
        }
    }
}
