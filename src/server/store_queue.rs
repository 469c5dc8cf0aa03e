//! Slots for requests that use the store, and the queue of those that wait for one, without a thread.
//!
//! A store that is slow, or a cold start under load, would otherwise block a thread for each of them, hundreds at once
//! for the few connections the store has. Each use has slots of its own: a search cannot stop a read, nor a read a write.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::handler::StoreUse;
use super::poller::Token;

/// Requests of one use at once. The store has four connections for reading, of which scans may hold half.
const SLOTS: [(StoreUse, usize); 3] = [
    (StoreUse::Read, 12),
    (StoreUse::Scan, 2),
    (StoreUse::Write, 12),
];

/// Shared by workers. Holds at most one entry a connection.
pub(super) struct StoreQueue {
    lanes: Mutex<[Lane; SLOTS.len()]>,
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
pub(super) struct StoreSlot {
    queue: Arc<StoreQueue>,
    store_use: StoreUse,
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
        store_use: StoreUse,
        token: Token,
    ) -> Option<StoreSlot> {
        let (place, limit) = place(store_use);
        let lane = &mut self.lock()[place];
        if lane.taken < limit {
            lane.taken += 1;
            return Some(self.slot(store_use));
        }
        lane.queue.push_back(token);
        None
    }

    /// The slot that a queued request has been given, if it has.
    pub(super) fn claim(
        self: &Arc<StoreQueue>,
        store_use: StoreUse,
        token: Token,
    ) -> Option<StoreSlot> {
        let (place, _) = place(store_use);
        self.lock()[place]
            .take_granted(token)
            .then(|| self.slot(store_use))
    }

    /// As [`StoreQueue::try_start`] for a worker that already holds a part of its request and so waits itself, at most
    /// until the deadline.
    pub(super) fn wait_for_slot(
        self: &Arc<StoreQueue>,
        store_use: StoreUse,
        token: Token,
        deadline: Instant,
    ) -> Option<StoreSlot> {
        if let Some(slot) = self.try_start(store_use, token) {
            return Some(slot);
        }
        let (place, _) = place(store_use);
        let mut lanes = self.lock();
        loop {
            if lanes[place].take_granted(token) {
                return Some(self.slot(store_use));
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
    pub(super) fn take_queued(self: &Arc<StoreQueue>, store_use: StoreUse, token: Token) {
        let (place, _) = place(store_use);
        let granted = {
            let lane = &mut self.lock()[place];
            lane.queue.retain(|&queued| queued != token);
            lane.take_granted(token)
        };
        if granted {
            drop(self.slot(store_use));
        }
    }

    /// Gives a slot to the next queued request, or frees it.
    fn finish(&self, store_use: StoreUse) {
        let (place, _) = place(store_use);
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

    fn slot(self: &Arc<StoreQueue>, store_use: StoreUse) -> StoreSlot {
        StoreSlot {
            queue: Arc::clone(self),
            store_use,
        }
    }

    fn lock(&self) -> MutexGuard<'_, [Lane; SLOTS.len()]> {
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

impl Drop for StoreSlot {
    fn drop(&mut self) {
        self.queue.finish(self.store_use);
    }
}

/// The lane of a use, and how many slots it has.
fn place(store_use: StoreUse) -> (usize, usize) {
    match store_use {
        StoreUse::Read => (0, SLOTS[0].1),
        StoreUse::Scan => (1, SLOTS[1].1),
        StoreUse::Write => (2, SLOTS[2].1),
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
        let first = queue.try_start(StoreUse::Scan, a).unwrap();
        let second = queue.try_start(StoreUse::Scan, b).unwrap();
        assert!(queue.try_start(StoreUse::Scan, c).is_none());
        assert!(queue.try_start(StoreUse::Scan, d).is_none());
        assert!(queue.try_start(StoreUse::Read, a).is_some(), "another lane");
        drop(first);
        assert_eq!(*woken.lock().unwrap(), [c]);
        assert!(queue.claim(StoreUse::Scan, d).is_none());
        let third = queue.claim(StoreUse::Scan, c).unwrap();
        drop((second, third));
        drop(queue.claim(StoreUse::Scan, d).unwrap());
        assert!(queue.try_start(StoreUse::Scan, a).is_some());
    }

    #[test]
    fn a_connection_that_ends_gives_its_slot_on() {
        let (queue, woken) = queue();
        let [a, b, c, d] = [1, 2, 3, 4].map(Token::from);
        let slots = [a, b].map(|token| queue.try_start(StoreUse::Scan, token).unwrap());
        assert!(queue.try_start(StoreUse::Scan, c).is_none());
        assert!(queue.try_start(StoreUse::Scan, d).is_none());
        drop(slots);
        assert_eq!(*woken.lock().unwrap(), [c, d]);
        queue.take_queued(StoreUse::Scan, c);
        queue.take_queued(StoreUse::Scan, d);
        let both = [a, b].map(|token| queue.try_start(StoreUse::Scan, token));
        assert!(both.iter().all(Option::is_some));
    }

    #[test]
    fn a_worker_waits_for_a_slot_until_its_deadline() {
        let (queue, _) = queue();
        let [a, b, c] = [1, 2, 3].map(Token::from);
        let slots = [a, b].map(|token| queue.try_start(StoreUse::Scan, token).unwrap());
        let past = Instant::now();
        assert!(queue.wait_for_slot(StoreUse::Scan, c, past).is_none());
        let far = past + Duration::from_secs(60);
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| queue.wait_for_slot(StoreUse::Scan, c, far));
            drop(slots);
            assert!(waiter.join().unwrap().is_some());
        });
    }
}
