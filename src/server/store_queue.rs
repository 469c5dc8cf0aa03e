//! Slots for requests that make a worker wait, and the queue of those that wait for one, without a thread.
//!
//! A store that is slow, or a cold start under load, would otherwise block a thread for each of them, hundreds at once
//! for the few connections the store has. Each use has slots of its own: a search cannot stop a read, nor a read a write. So
//! have bodies that arrive slowly, for a worker waits for each.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::handler::StoreUse;
use super::poller::Token;

/// What slots are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlotUse {
    /// Reading a body from the socket.
    Body,
    /// The store.
    Store(StoreUse),
}

/// How many uses there are.
const USES: usize = 5;

impl SlotUse {
    /// Its lane, and how many slots that has. The store has four connections for reading, of which scans may hold half.
    fn lane(self) -> (usize, usize) {
        match self {
            SlotUse::Store(StoreUse::Read) => (0, 12),
            SlotUse::Store(StoreUse::Scan) => (1, 2),
            SlotUse::Store(StoreUse::Write) => (2, 12),
            SlotUse::Body => (3, 8),
            // Each waits for a queue elsewhere, and several for one sending.
            SlotUse::Store(StoreUse::Durable) => (4, 32),
        }
    }
}

/// Shared by workers. Holds at most one entry a connection.
pub(super) struct StoreQueue {
    lanes: Mutex<[Lane; USES]>,
    granted: Condvar,
    /// Has the connection of a token served.
    wake: Box<dyn Fn(Token) + Send + Sync>,
}

/// The slots of one use.
#[derive(Default)]
struct Lane {
    taken: usize,
    queue: VecDeque<Token>,
    /// Connections that have been given a slot and have not claimed it yet.
    granted: Vec<Token>,
}

/// A slot. Dropping it gives it to the next queued request.
pub(super) struct QueueSlot {
    queue: Arc<StoreQueue>,
    slot_use: SlotUse,
}

impl StoreQueue {
    /// Calls `wake` for each queued connection that is given a slot.
    pub(super) fn new(wake: impl Fn(Token) + Send + Sync + 'static) -> StoreQueue {
        StoreQueue {
            lanes: Mutex::default(),
            granted: Condvar::new(),
            wake: Box::new(wake),
        }
    }

    /// Returns a slot if one is free, otherwise queues the request of this connection.
    pub(super) fn try_start(
        self: &Arc<StoreQueue>,
        slot_use: SlotUse,
        token: Token,
    ) -> Option<QueueSlot> {
        let (place, limit) = slot_use.lane();
        let lane = &mut self.lock()[place];
        if lane.taken < limit {
            lane.taken += 1;
            return Some(self.slot(slot_use));
        }
        lane.queue.push_back(token);
        None
    }

    /// The slot that a queued request has been given, if it has.
    pub(super) fn claim(
        self: &Arc<StoreQueue>,
        slot_use: SlotUse,
        token: Token,
    ) -> Option<QueueSlot> {
        let (place, _) = slot_use.lane();
        self.lock()[place]
            .take_granted(token)
            .then(|| self.slot(slot_use))
    }

    /// As [`StoreQueue::try_start`] for a worker that already holds a part of its request and so waits itself, at most
    /// until the deadline.
    pub(super) fn wait_for_slot(
        self: &Arc<StoreQueue>,
        slot_use: SlotUse,
        token: Token,
        deadline: Instant,
    ) -> Option<QueueSlot> {
        if let Some(slot) = self.try_start(slot_use, token) {
            return Some(slot);
        }
        let (place, _) = slot_use.lane();
        let mut lanes = self.lock();
        loop {
            if lanes[place].take_granted(token) {
                return Some(self.slot(slot_use));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                lanes[place].queue.retain(|&queued| queued != token);
                return None;
            }
            (lanes, _) = self
                .granted
                .wait_timeout(lanes, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes a request out of the queue, as for a connection that ends.
    pub(super) fn take_queued(self: &Arc<StoreQueue>, slot_use: SlotUse, token: Token) {
        let (place, _) = slot_use.lane();
        let granted = {
            let lane = &mut self.lock()[place];
            lane.queue.retain(|&queued| queued != token);
            lane.take_granted(token)
        };
        if granted {
            drop(self.slot(slot_use));
        }
    }

    /// Gives a slot to the next queued request, or frees it.
    fn finish(&self, slot_use: SlotUse) {
        let (place, _) = slot_use.lane();
        let next = {
            let lane = &mut self.lock()[place];
            let next = lane.queue.pop_front();
            match next {
                Some(token) => lane.granted.push(token),
                None => lane.taken -= 1,
            }
            next
        };
        if let Some(token) = next {
            self.granted.notify_all();
            (self.wake)(token);
        }
    }

    fn slot(self: &Arc<StoreQueue>, slot_use: SlotUse) -> QueueSlot {
        QueueSlot {
            queue: Arc::clone(self),
            slot_use,
        }
    }

    fn lock(&self) -> MutexGuard<'_, [Lane; USES]> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    fn take_granted(&mut self, token: Token) -> bool {
        let place = self.granted.iter().position(|&granted| granted == token);
        place.is_some_and(|place| {
            self.granted.swap_remove(place);
            true
        })
    }
}

impl Drop for QueueSlot {
    fn drop(&mut self) {
        self.queue.finish(self.slot_use);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn queue() -> (Arc<StoreQueue>, Arc<Mutex<Vec<Token>>>) {
        let woken = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&woken);
        let queue = Arc::new(StoreQueue::new(move |token| {
            log.lock().unwrap().push(token)
        }));
        (queue, woken)
    }

    #[test]
    fn a_freed_slot_goes_to_the_first_in_the_queue() {
        let (queue, woken) = queue();
        let [a, b, c, d] = [1, 2, 3, 4].map(Token::from);
        let first = queue.try_start(SlotUse::Store(StoreUse::Scan), a).unwrap();
        let second = queue.try_start(SlotUse::Store(StoreUse::Scan), b).unwrap();
        assert!(queue.try_start(SlotUse::Store(StoreUse::Scan), c).is_none());
        assert!(queue.try_start(SlotUse::Store(StoreUse::Scan), d).is_none());
        assert!(
            queue.try_start(SlotUse::Store(StoreUse::Read), a).is_some(),
            "another lane"
        );
        drop(first);
        assert_eq!(*woken.lock().unwrap(), [c]);
        assert!(queue.claim(SlotUse::Store(StoreUse::Scan), d).is_none());
        let third = queue.claim(SlotUse::Store(StoreUse::Scan), c).unwrap();
        drop((second, third));
        drop(queue.claim(SlotUse::Store(StoreUse::Scan), d).unwrap());
        assert!(queue.try_start(SlotUse::Store(StoreUse::Scan), a).is_some());
    }

    #[test]
    fn a_connection_that_ends_gives_its_slot_on() {
        let (queue, woken) = queue();
        let [a, b, c, d] = [1, 2, 3, 4].map(Token::from);
        let slots = [a, b].map(|token| {
            queue
                .try_start(SlotUse::Store(StoreUse::Scan), token)
                .unwrap()
        });
        assert!(queue.try_start(SlotUse::Store(StoreUse::Scan), c).is_none());
        assert!(queue.try_start(SlotUse::Store(StoreUse::Scan), d).is_none());
        drop(slots);
        assert_eq!(*woken.lock().unwrap(), [c, d]);
        queue.take_queued(SlotUse::Store(StoreUse::Scan), c);
        queue.take_queued(SlotUse::Store(StoreUse::Scan), d);
        let both = [a, b].map(|token| queue.try_start(SlotUse::Store(StoreUse::Scan), token));
        assert!(both.iter().all(Option::is_some));
    }

    #[test]
    fn a_worker_waits_for_a_slot_until_its_deadline() {
        let (queue, _) = queue();
        let [a, b, c] = [1, 2, 3].map(Token::from);
        let slots = [a, b].map(|token| {
            queue
                .try_start(SlotUse::Store(StoreUse::Scan), token)
                .unwrap()
        });
        let past = Instant::now();
        assert!(
            queue
                .wait_for_slot(SlotUse::Store(StoreUse::Scan), c, past)
                .is_none()
        );
        let far = past + Duration::from_secs(60);
        std::thread::scope(|scope| {
            let waiter =
                scope.spawn(|| queue.wait_for_slot(SlotUse::Store(StoreUse::Scan), c, far));
            drop(slots);
            assert!(waiter.join().unwrap().is_some());
        });
    }
}
