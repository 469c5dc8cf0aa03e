//! Batches: the store as a sink that counts at once.

use super::super::backend::DbStore;
use crate::model::{Batch, DedupWindow};
use crate::sink::{BatchSink, SinkError, Written};
use crate::store::traits::TransferStore;

impl BatchSink for DbStore {
    fn write(&self, batch: &Batch) -> Result<Written, SinkError> {
        Ok(Written::Applied(self.apply(batch)?))
    }

    fn dedup_window(&self) -> DedupWindow {
        self.window()
    }
}
