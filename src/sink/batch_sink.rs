//! The trait a batch is written to.

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

    /// What decides about repeats: visits that it merges may be merged before they are written.
    fn dedup_window(&self) -> DedupWindow;
}
