//! A bound on the responses that clients have not taken yet, over all connections.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::message::Message;

/// Bytes of unsent responses kept at once, in all. Beyond it connections are ended (`displacement.rs`).
const BUDGET: usize = 16 << 20;

/// Shared by workers; used only where a client does not take a response at once. Bounded by the connections.
#[derive(Debug, Default)]
pub(super) struct SendBudget(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    bytes: usize,
    /// How many responses send the same shared bytes, by their address: a post that many read is there once.
    shared: HashMap<usize, usize>,
}

/// The bytes of one response, given back when dropped.
#[derive(Debug)]
pub(super) struct BudgetShare {
    budget: Arc<SendBudget>,
    own: usize,
    shared: Option<(usize, usize)>,
}

impl SendBudget {
    /// Takes the share of a response. It is always given: whoever takes it then makes room.
    pub(super) fn take(self: &Arc<SendBudget>, message: &Message) -> BudgetShare {
        let (own, shared) = (message.own_memory(), message.shared_memory());
        let mut held = self.lock();
        held.bytes += own;
        if let Some((address, length)) = shared {
            let users = held.shared.entry(address).or_default();
            *users += 1;
            if *users == 1 {
                held.bytes += length;
            }
        }
        BudgetShare {
            budget: Arc::clone(self),
            own,
            shared,
        }
    }

    /// Whether more is taken than there is.
    pub(super) fn is_exceeded(&self) -> bool {
        self.used() > BUDGET
    }

    /// Bytes taken.
    pub(super) fn used(&self) -> usize {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BudgetShare {
    /// What the response holds, whether or not others hold it too.
    pub(super) fn bytes(&self) -> usize {
        self.own + self.shared.map_or(0, |(_, length)| length)
    }
}

impl Drop for BudgetShare {
    fn drop(&mut self) {
        let mut held = self.budget.lock();
        held.bytes -= self.own;
        if let Some((address, length)) = self.shared
            && let Some(users) = held.shared.get_mut(&address)
        {
            *users -= 1;
            if *users == 0 {
                held.shared.remove(&address);
                held.bytes -= length;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Insert;

    #[test]
    fn what_many_send_is_there_once() {
        let budget = Arc::new(SendBudget::default());
        let body = Arc::new(vec![0_u8; 1000]);
        let message = || {
            let insert = Insert {
                at: 0,
                body: Arc::clone(&body) as _,
            };
            Message::new(Vec::with_capacity(10), Some(insert))
        };
        let [a, b] = [message(), message()];
        let shares = [budget.take(&a), budget.take(&b)];
        assert_eq!(budget.used(), 1020);
        let [first, second] = shares;
        drop(first);
        assert_eq!(budget.used(), 1010);
        drop(second);
        assert_eq!(budget.used(), 0);
    }
}
