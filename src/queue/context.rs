//! What every consumer of a queue needs.

use std::sync::Arc;

use super::engine::Source;
use crate::metrics::{Metrics, QueueMetrics};
use crate::sink::{QueueHealth, QueueStore};

/// Shared by the consumers of a node.
pub(super) struct Context {
    pub(super) source: Arc<dyn Source>,
    pub(super) store: Arc<dyn QueueStore>,
    /// What the store knows the queue by.
    pub(super) queue: String,
    /// The database whose messages are applied.
    pub(super) database: i64,
    pub(super) all_metrics: Arc<Metrics>,
    pub(super) health: Arc<QueueHealth>,
}

impl Context {
    pub(super) fn metrics(&self) -> &QueueMetrics {
        &self.all_metrics.queue
    }
}
