//! A bound on the responses that clients have not taken yet, over all connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of unsent responses kept at once, in all. Beyond it connections are ended (`displacement.rs`).
const BUDGET: usize = 16 << 20;

/// Shared by workers. One number.
#[derive(Debug, Default)]
pub(super) struct SendBudget(AtomicUsize);

/// The bytes of one response, given back when dropped.
#[derive(Debug)]
pub(super) struct BudgetShare {
    budget: Arc<SendBudget>,
    bytes: usize,
}

impl SendBudget {
    /// Takes a share. It is always given: whoever takes it then makes room.
    pub(super) fn take(self: &Arc<SendBudget>, bytes: usize) -> BudgetShare {
        self.0.fetch_add(bytes, Ordering::AcqRel);
        BudgetShare {
            budget: Arc::clone(self),
            bytes,
        }
    }

    /// Whether more is taken than there is.
    pub(super) fn is_exceeded(&self) -> bool {
        self.used() > BUDGET
    }

    /// Bytes taken.
    pub(super) fn used(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

impl BudgetShare {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for BudgetShare {
    fn drop(&mut self) {
        self.budget.0.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}
