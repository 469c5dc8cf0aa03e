//! What counters could not write.

use crate::journal::SavedBatch;
use crate::model::Batch;

/// What counters could not write.
#[derive(Debug)]
pub struct Rest {
    /// The events.
    pub batch: Batch,
    /// The files that have an earlier state of them.
    pub saved: Vec<SavedBatch>,
}

impl Rest {
    /// Adds all of `other`.
    pub fn merge(&mut self, other: Rest) {
        self.batch.merge(other.batch);
        self.saved.extend(other.saved);
    }
}
