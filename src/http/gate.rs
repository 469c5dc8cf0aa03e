//! Requests in flight: let in while the server is open, waited for when it drains.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

/// The highest bit says closed, the others count.
const CLOSED: usize = 1 << (usize::BITS - 1);

/// Shared by all connections and the drain. One number.
#[derive(Debug, Default)]
pub struct Gate {
    state: AtomicUsize,
    /// Only for the drain's wait; requests touch it when they are the last of a closed gate.
    lock: Mutex<()>,
    empty: Condvar,
}

/// One request in flight, wherever it waits meanwhile.
pub struct Pass(Arc<Gate>);

impl Gate {
    /// Lets a request in, unless the gate is closed.
    pub fn enter(self: &Arc<Gate>) -> Option<Pass> {
        let before = self.state.fetch_add(1, Ordering::AcqRel);
        let pass = Pass(Arc::clone(self));
        (before & CLOSED == 0).then_some(pass)
    }

    /// Requests in flight.
    pub fn inside(&self) -> usize {
        self.state.load(Ordering::Acquire) & !CLOSED
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.state.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Closes it. Requests inside go on.
    pub fn close(&self) {
        self.state.fetch_or(CLOSED, Ordering::AcqRel);
    }

    /// Waits until nobody is inside a closed gate. Returns how many still are at the deadline.
    pub fn wait_until_empty(&self, deadline: Instant) -> usize {
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let inside = self.inside();
            let left = deadline.saturating_duration_since(Instant::now());
            if inside == 0 || left.is_zero() {
                return inside;
            }
            (guard, _) = self
                .empty
                .wait_timeout(guard, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Pass {
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
    fn a_closed_gate_lets_nobody_in_and_waits_for_those_inside() {
        let gate = Arc::new(Gate::default());
        let pass = gate.enter().unwrap();
        gate.close();
        assert!(gate.enter().is_none());
        assert_eq!(gate.wait_until_empty(Instant::now()), 1);
        std::thread::scope(|scope| {
            let waiter =
                scope.spawn(|| gate.wait_until_empty(Instant::now() + Duration::from_secs(60)));
            drop(pass);
            assert_eq!(waiter.join().unwrap(), 0);
        });
    }
}
