//! The store as the consumers of a queue see it: what they apply advances the cached numbers.

use super::cached_store::CachedStore;
use crate::model::{Delivery, Lease, QueuedBatch, SetAside};
use crate::sink::{Delivered, QueueStore, SinkError};

impl QueueStore for CachedStore {
    fn share_partitions(
        &self,
        queue: &str,
        node: i64,
        partitions: u32,
    ) -> Result<Vec<Lease>, SinkError> {
        self.store().share_partitions(queue, node, partitions)
    }

    fn leave_queue(&self, queue: &str, node: i64) -> Result<(), SinkError> {
        self.store().leave_queue(queue, node)
    }

    fn apply_delivery(&self, delivery: &Delivery) -> Result<Delivered, SinkError> {
        self.deliver(|| self.store().apply_delivery(delivery))
    }

    fn set_aside(&self, after: i64, limit: usize) -> Result<Vec<SetAside>, SinkError> {
        self.store().set_aside(after, limit)
    }

    fn count_set_aside(&self) -> Result<i64, SinkError> {
        self.store().count_set_aside()
    }

    fn set_aside_bytes(&self, id: i64) -> Result<Option<Vec<u8>>, SinkError> {
        self.store().set_aside_bytes(id)
    }

    fn apply_set_aside(&self, id: i64, batch: &QueuedBatch) -> Result<Delivered, SinkError> {
        self.deliver(|| self.store().apply_set_aside(id, batch))
    }

    fn drop_set_aside(&self, id: i64) -> Result<bool, SinkError> {
        self.store().drop_set_aside(id)
    }

    fn prune_messages(&self, age: i64) -> Result<bool, SinkError> {
        self.store().prune_messages(age)
    }
}
