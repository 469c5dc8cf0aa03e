//! The trait a batch is written to.

use std::time::Instant;

use super::error::SinkError;
use super::written::Written;
use crate::model::{Batch, DedupWindow};

/// Where counters put their batches.
pub trait BatchSink: Send + Sync {
    /// Writes a batch: all of it or nothing. Views of a post that does not exist go to the ledger as dropped.
    ///
    /// # Errors
    /// Any error but [`SinkError::InDoubt`] means that nothing was written; after any error the same batch may be written
    /// again.
    fn write(&self, batch: &Batch) -> Result<Written, SinkError>;

    /// Whether what it has taken is counted later, elsewhere: then it survives this machine only once
    /// [`BatchSink::wait_until_accepted`] says so.
    fn counts_later(&self) -> bool {
        false
    }

    /// Waits until what was put down under this number survives this machine. Returns whether it does.
    fn wait_until_accepted(&self, _number: u64, _deadline: Instant) -> bool {
        true
    }

    /// What decides about repeats: visits that it merges may be merged before they are written.
    fn dedup_window(&self) -> DedupWindow;
}
