//! Lends the one writing connection to one thread at a time.
//!
//! A mutex cannot do that: a stop's deadline must reach threads that wait already. Nor must a thread that panics give
//! back a connection that may be in the middle of a transaction.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::readers::BUSY_TIMEOUT;
use super::writer::Writer;
use crate::store::error::StoreError;

/// Where the connection is while nobody writes.
pub struct WriterSlot {
    state: Mutex<State>,
    returned: Condvar,
}

struct State {
    /// `None` while it is lent, and after an error or a panic that may have left it unusable: the next writer opens a
    /// new one.
    writer: Option<Writer>,
    lent: bool,
    /// When waiting ends.
    deadline: Option<Instant>,
}

/// The connection, lent. Dropping this gives back what is in `writer`.
pub struct LentWriter<'a> {
    /// The connection, if there is one.
    pub writer: Option<Writer>,
    /// How long SQLite may wait for another process's lock.
    pub busy_timeout: Duration,
    slot: &'a WriterSlot,
}

impl WriterSlot {
    pub fn new(writer: Writer) -> WriterSlot {
        WriterSlot {
            state: Mutex::new(State {
                writer: Some(writer),
                lent: false,
                deadline: None,
            }),
            returned: Condvar::new(),
        }
    }

    /// Waits until the connection is free, or until waiting ends.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when waiting has ended.
    pub fn lend(&self) -> Result<LentWriter<'_>, StoreError> {
        let mut state = self.lock();
        while state.lent {
            state = match state.time_left() {
                None => self
                    .returned
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => {
                    let why = "the server is stopping, and other writes are before this one";
                    return Err(StoreError::Busy(why.to_owned()));
                }
                Some(left) => {
                    self.returned
                        .wait_timeout(state, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
        state.lent = true;
        Ok(LentWriter {
            writer: state.writer.take(),
            busy_timeout: state
                .time_left()
                .map_or(BUSY_TIMEOUT, |left| left.min(BUSY_TIMEOUT)),
            slot: self,
        })
    }

    /// Ends all waiting, that under way too, at a time. The first call decides.
    pub fn end_waits_by(&self, deadline: Instant) {
        self.lock().deadline.get_or_insert(deadline);
        self.returned.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How long a wait may still take, if that is bounded.
    fn time_left(&self) -> Option<Duration> {
        let deadline = self.deadline?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }
}

impl Drop for LentWriter<'_> {
    fn drop(&mut self) {
        // It is closed outside the lock.
        let broken = self.writer.take_if(|_| std::thread::panicking());
        drop(broken);
        let mut state = self.slot.lock();
        state.writer = self.writer.take();
        state.lent = false;
        drop(state);
        self.slot.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::options::Durability;

    fn slot() -> WriterSlot {
        WriterSlot::new(Writer::connect(":memory:", Durability::Process).unwrap())
    }

    #[test]
    fn a_deadline_reaches_threads_that_wait_already() {
        let slot = slot();
        let lent = slot.lend().unwrap();
        assert_eq!(lent.busy_timeout, BUSY_TIMEOUT);
        std::thread::scope(|scope| {
            let waiters: Vec<_> = (0..16)
                .map(|_| scope.spawn(|| slot.lend().map(drop)))
                .collect();
            slot.end_waits_by(Instant::now());
            for waiter in waiters {
                let answer = waiter.join().unwrap();
                assert!(matches!(answer, Err(StoreError::Busy(_))), "{answer:?}");
            }
        });
        drop(lent);
        let last = slot.lend().unwrap();
        assert!(last.writer.is_some(), "what needs no waiting is done");
        assert_eq!(last.busy_timeout, Duration::ZERO);
    }

    #[test]
    fn a_panic_keeps_nobody_from_writing_and_leaves_no_connection_behind() {
        let slot = slot();
        std::thread::scope(|scope| {
            let panicked = scope.spawn(|| {
                let _lent = slot.lend();
                panic!("in the middle of a transaction");
            });
            assert!(panicked.join().is_err());
        });
        assert!(slot.lend().unwrap().writer.is_none());
    }
}
