//! Wakes a counter that is gathering a batch.
//!
//! A counter that has its first event does not wait *in* the channel for more: each further send would then wake it,
//! two context switches for one event. It waits here, until its batch is due or a sender finds the channel half full.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Shared by senders, who ring, and counters, who wait. A ring nobody waits for is kept for the next to wait.
#[derive(Debug, Default)]
pub(super) struct Wakeup {
    rung: AtomicBool,
    /// Whether the channel is closed: then nobody waits any more.
    closed: Mutex<bool>,
    bell: Condvar,
}

impl Wakeup {
    /// Wakes one waiting counter. Rings before it has woken are one ring.
    pub(super) fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // Taking the lock orders this after a waiter's last look at `rung` and before its wait.
            let _guard = self.lock();
            self.bell.notify_one();
        }
    }

    /// Wakes everybody, now and for ever.
    pub(super) fn close(&self) {
        *self.lock() = true;
        self.bell.notify_all();
    }

    /// Waits for a ring. Returns whether there is reason to look at the channel: a ring or its end, not the deadline.
    pub(super) fn wait_until(&self, deadline: Instant) -> bool {
        let mut closed = self.lock();
        loop {
            if self.rung.swap(false, Ordering::AcqRel) || *closed {
                return true;
            }
            let Some(left) = deadline
                .checked_duration_since(Instant::now())
                .filter(|d| !d.is_zero())
            else {
                return false;
            };
            (closed, _) = self
                .bell
                .wait_timeout(closed, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_ring_before_the_wait_is_not_lost() {
        let bell = Wakeup::default();
        bell.ring();
        assert!(bell.wait_until(Instant::now() + Duration::from_secs(60)));
        assert!(!bell.wait_until(Instant::now()));
    }

    #[test]
    fn a_ring_wakes_a_waiter_and_closing_wakes_all() {
        let bell = Wakeup::default();
        let far = Instant::now() + Duration::from_secs(60);
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| bell.wait_until(far));
            bell.ring();
            assert!(waiter.join().unwrap());
            let waiters = [
                scope.spawn(|| bell.wait_until(far)),
                scope.spawn(|| bell.wait_until(far)),
            ];
            bell.close();
            assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap()));
        });
    }
}
