//! Requests in flight: admitted while the server is open, awaited when it drains.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

/// The highest bit says closed, the others count.
const CLOSED: usize = 1 << (usize::BITS - 1);

/// Shared by all workers and the drain. One number.
#[derive(Debug, Default)]
pub struct InFlight {
    state: AtomicUsize,
    /// Only for the drain's wait; requests take it when they are the last after closing.
    lock: Mutex<()>,
    empty: Condvar,
}

/// One request in flight, wherever it waits meanwhile. Dropping it ends that.
pub struct RequestGuard(Arc<InFlight>);

impl InFlight {
    /// Admits a request; `None` once closed.
    pub fn enter(self: &Arc<InFlight>) -> Option<RequestGuard> {
        let before = self.state.fetch_add(1, Ordering::AcqRel);
        let guard = RequestGuard(Arc::clone(self));
        (before & CLOSED == 0).then_some(guard)
    }

    /// Requests in flight.
    pub fn count(&self) -> usize {
        self.state.load(Ordering::Acquire) & !CLOSED
    }

    /// Whether it admits nothing more.
    pub fn is_closed(&self) -> bool {
        self.state.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Admits nothing more. Requests in flight go on.
    pub fn close(&self) {
        self.state.fetch_or(CLOSED, Ordering::AcqRel);
    }

    /// Waits until no request is in flight, at most until the deadline. Returns how many still are.
    pub fn wait_until_empty(&self, deadline: Instant) -> usize {
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let count = self.count();
            let left = deadline.saturating_duration_since(Instant::now());
            if count == 0 || left.is_zero() {
                return count;
            }
            (guard, _) = self
                .empty
                .wait_timeout(guard, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let before = self.0.state.fetch_sub(1, Ordering::AcqRel);
        if before == CLOSED | 1 {
            let _guard = self.0.lock.lock().unwrap_or_else(PoisonError::into_inner);
            self.0.empty.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn once_closed_nothing_is_admitted_and_what_is_in_flight_is_awaited() {
        let in_flight = Arc::new(InFlight::default());
        let guard = in_flight.enter().unwrap();
        in_flight.close();
        assert!(in_flight.enter().is_none());
        assert_eq!(in_flight.wait_until_empty(Instant::now()), 1);
        std::thread::scope(|scope| {
            let waiter = scope
                .spawn(|| in_flight.wait_until_empty(Instant::now() + Duration::from_secs(60)));
            drop(guard);
            assert_eq!(waiter.join().unwrap(), 0);
        });
    }
}
