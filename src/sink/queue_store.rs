//! What a consumer of an external queue asks of the store: to apply each message once, whoever brings it and how often, and
//! to tell which node reads which partition.

use super::error::SinkError;
use super::written::BatchResult;
use crate::model::{Delivery, Lease, QueuedBatch, SetAside};

/// What became of a delivery.
#[derive(Clone, Debug, Default)]
pub struct Delivered {
    /// What its new batches changed.
    pub result: BatchResult,
    /// Messages that were applied before, and so not again.
    pub repeated: u64,
    /// Messages that were set aside.
    pub set_aside: u64,
}

/// The ids that are applied, the positions, the leases, and what was set aside; kept with the counts.
pub trait QueueStore: Send + Sync {
    /// Says that `node` is there, and shares a queue's partitions evenly among the nodes that are. Returns those that this
    /// node reads until it asks again, or for three seconds: then another node may take them over.
    ///
    /// # Errors
    /// Those of every write.
    fn share_partitions(
        &self,
        queue: &str,
        node: i64,
        partitions: u32,
    ) -> Result<Vec<Lease>, SinkError>;

    /// Says that `node` has gone, and gives back what it reads.
    ///
    /// # Errors
    /// Those of every write.
    fn leave_queue(&self, queue: &str, node: i64) -> Result<(), SinkError>;

    /// Applies the batches whose ids are new, sets aside what cannot be, and stores the position, all in one transaction. The
    /// same delivery may be applied again.
    ///
    /// # Errors
    /// [`SinkError::NotOurs`] when the lease has ended. Then, and after any error but [`SinkError::InDoubt`], nothing was
    /// written.
    fn apply_delivery(&self, delivery: &Delivery) -> Result<Delivered, SinkError>;

    /// What was set aside, oldest first: at most `limit` of those after the number `after`.
    ///
    /// # Errors
    /// Those of every read.
    fn set_aside(&self, after: i64, limit: usize) -> Result<Vec<SetAside>, SinkError>;

    /// How many messages are set aside.
    ///
    /// # Errors
    /// Those of every read.
    fn count_set_aside(&self) -> Result<i64, SinkError>;

    /// A message that was set aside, if it is kept.
    ///
    /// # Errors
    /// Those of every read.
    fn set_aside_bytes(&self, id: i64) -> Result<Option<Vec<u8>>, SinkError>;

    /// Applies what was set aside, once, and forgets the message.
    ///
    /// # Errors
    /// As [`QueueStore::apply_delivery`].
    fn apply_set_aside(&self, id: i64, batch: &QueuedBatch) -> Result<Delivered, SinkError>;

    /// Forgets what was set aside. Returns whether there was such a message.
    ///
    /// # Errors
    /// Those of every write.
    fn drop_set_aside(&self, id: i64) -> Result<bool, SinkError>;

    /// Forgets some of the ids that were made longer ago than `age`, in milliseconds of the store's clock. Returns whether
    /// there may be more.
    ///
    /// # Errors
    /// Those of every write.
    fn prune_messages(&self, age: i64) -> Result<bool, SinkError>;
}
