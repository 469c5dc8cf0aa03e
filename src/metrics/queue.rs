//! The metrics of an external queue.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// A partition of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PartitionLabel {
    /// Its number; 0 of a queue without partitions.
    pub partition: u32,
}

/// What goes to the queue, and what comes from it.
#[derive(Debug, Default)]
pub struct QueueMetrics {
    /// Messages that the queue has accepted.
    pub sent: Counter,
    /// Sendings that failed, and are repeated.
    pub resent: Counter,
    /// Batches that wait to be sent.
    pub waiting_batches: Gauge,
    /// Their bytes.
    pub waiting_bytes: Gauge,
    /// When the oldest of them was put down, in seconds since 1970; 0 if none waits.
    pub waiting_since: Gauge,
    /// Messages applied to the store.
    pub applied: Counter,
    /// Messages that had been applied before.
    pub repeated: Counter,
    /// Messages set aside because they cannot be applied.
    pub set_aside: Counter,
    /// Messages that are set aside now, whichever node has done it.
    pub waiting_set_aside: Gauge,
    /// Messages in a partition that this node has not received yet.
    pub lag: Family<PartitionLabel, Gauge>,
    /// Partitions that this node reads.
    pub partitions: Gauge,
}

impl QueueMetrics {
    /// Shows them.
    pub fn register(&self, registry: &mut Registry) {
        let r = registry.sub_registry_with_prefix("queue");
        r.register(
            "sent",
            "Messages that the queue has accepted from this node",
            self.sent.clone(),
        );
        r.register(
            "resends",
            "Sendings to the queue that failed, and are repeated",
            self.resent.clone(),
        );
        r.register(
            "waiting_batches",
            "Batches that wait to be sent to the queue",
            self.waiting_batches.clone(),
        );
        r.register(
            "waiting_bytes",
            "Bytes that wait to be sent to the queue",
            self.waiting_bytes.clone(),
        );
        r.register(
            "waiting_since_timestamp_seconds",
            "When the oldest batch that waits to be sent was put down, in seconds since 1970; 0 if none waits",
            self.waiting_since.clone(),
        );
        r.register(
            "applied",
            "Messages that this node has applied to the store",
            self.applied.clone(),
        );
        r.register(
            "repeated",
            "Messages that had been applied before, and so were not again",
            self.repeated.clone(),
        );
        r.register(
            "set_aside",
            "Messages that cannot be applied, set aside by this node",
            self.set_aside.clone(),
        );
        r.register(
            "waiting_set_aside",
            "Messages that are set aside and wait for a decision, of all nodes",
            self.waiting_set_aside.clone(),
        );
        r.register(
            "lag_messages",
            "Messages in a partition that this node has not received yet",
            self.lag.clone(),
        );
        r.register(
            "partitions",
            "Partitions that this node reads",
            self.partitions.clone(),
        );
    }
}
