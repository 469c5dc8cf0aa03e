//! Wakes a counter that is filling its batch.
//!
//! A counter that has its first event does not wait *in* the channel for more: each further send would then wake it,
//! two context switches for one event. It waits here, until its batch is due or a sender finds the channel half full.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Senders notify, counters wait. A notification that finds no waiter is kept for the next one.
#[derive(Debug, Default)]
pub(super) struct Wakeup {
    notified: AtomicBool,
    /// Whether the channel is closed. Then no wait blocks any more.
    closed: Mutex<bool>,
    condvar: Condvar,
}

impl Wakeup {
    /// Wakes one waiting counter. Several notifications before it has woken are one.
    pub(super) fn notify(&self) {
        if !self.notified.swap(true, Ordering::AcqRel) {
            // Taking the lock orders this after a waiter's last check of `notified` and before its wait.
            let _guard = self.lock();
            self.condvar.notify_one();
        }
    }

    /// Wakes all counters; later waits return at once.
    pub(super) fn close(&self) {
        *self.lock() = true;
        self.condvar.notify_all();
    }

    /// Waits for a notification. Returns `false` if the deadline came first, `true` on a notification or after
    /// [`Wakeup::close`].
    pub(super) fn wait_until(&self, deadline: Instant) -> bool {
        let mut closed = self.lock();
        loop {
            if self.notified.swap(false, Ordering::AcqRel) || *closed {
                return true;
            }
            let Some(left) = deadline
                .checked_duration_since(Instant::now())
                .filter(|d| !d.is_zero())
            else {
                return false;
            };
            (closed, _) = self
                .condvar
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
    fn a_notification_before_the_wait_is_kept() {
        let wakeup = Wakeup::default();
        wakeup.notify();
        assert!(wakeup.wait_until(Instant::now() + Duration::from_secs(60)));
        assert!(!wakeup.wait_until(Instant::now()));
    }

    #[test]
    fn a_notification_wakes_one_waiter_and_closing_wakes_all() {
        let wakeup = Wakeup::default();
        let far = Instant::now() + Duration::from_secs(60);
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| wakeup.wait_until(far));
            wakeup.notify();
            assert!(waiter.join().unwrap());
            let waiters = [
                scope.spawn(|| wakeup.wait_until(far)),
                scope.spawn(|| wakeup.wait_until(far)),
            ];
            wakeup.close();
            assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap()));
        });
    }
}
