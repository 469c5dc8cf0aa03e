//! External queues: what of them is applied, and who reads them.

use super::super::backend::DbStore;
use super::super::{queue_messages, queue_partitions, queue_set_aside};
use crate::model::{Delivery, Lease, QueuedBatch, SetAside};
use crate::sink::{Delivered, QueueStore, SinkError};

impl QueueStore for DbStore {
    fn share_partitions(
        &self,
        queue: &str,
        node: i64,
        partitions: u32,
    ) -> Result<Vec<Lease>, SinkError> {
        let share =
            |connection: &mut _| queue_partitions::share(connection, queue, node, partitions);
        Ok(self.transact_queue(share)?)
    }

    fn leave_queue(&self, queue: &str, node: i64) -> Result<(), SinkError> {
        Ok(self.transact_queue(|connection| queue_partitions::leave(connection, queue, node))?)
    }

    fn apply_delivery(&self, delivery: &Delivery) -> Result<Delivered, SinkError> {
        let mut delivered = Delivered::default();
        let result = self.transact_batch(delivery.entries(), |connection| {
            queue_partitions::advance(connection, delivery)?;
            delivered = queue_messages::apply_new(connection, &delivery.batches, self.window())?;
            delivered.set_aside = queue_set_aside::insert(connection, delivery)?;
            Ok(std::mem::take(&mut delivered.result))
        })?;
        Ok(Delivered {
            result,
            ..delivered
        })
    }

    fn set_aside(&self, after: i64, limit: usize) -> Result<Vec<SetAside>, SinkError> {
        Ok(self.read(|connection| queue_set_aside::list(connection, after, limit))?)
    }

    fn count_set_aside(&self) -> Result<i64, SinkError> {
        Ok(self.read(queue_set_aside::count)?)
    }

    fn set_aside_bytes(&self, id: i64) -> Result<Option<Vec<u8>>, SinkError> {
        Ok(self.read(|connection| queue_set_aside::bytes(connection, id))?)
    }

    fn apply_set_aside(&self, id: i64, batch: &QueuedBatch) -> Result<Delivered, SinkError> {
        let mut delivered = Delivered::default();
        let result = self.transact_batch(batch.batch.entries(), |connection| {
            let batches = std::slice::from_ref(batch);
            delivered = queue_messages::apply_new(connection, batches, self.window())?;
            queue_set_aside::delete(connection, id)?;
            Ok(std::mem::take(&mut delivered.result))
        })?;
        Ok(Delivered {
            result,
            ..delivered
        })
    }

    fn drop_set_aside(&self, id: i64) -> Result<bool, SinkError> {
        Ok(self.transact_queue(|connection| queue_set_aside::delete(connection, id))?)
    }

    fn prune_messages(&self, age: i64) -> Result<bool, SinkError> {
        Ok(self.transact_queue(|connection| queue_messages::prune(connection, age))?)
    }
}
