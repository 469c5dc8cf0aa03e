//! The state that senders, counters and the pool share.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use super::channel::Channel;
use super::config::CounterConfig;
use super::overflow::Overflow;
use super::saturation::Saturation;
use super::wakeup::Wakeup;
use crate::metrics::Metrics;

// The only place where `counter` names what a batch is written to.
pub(super) use crate::store::{
    BatchResult, SinkHealth, StoreError as SinkError, ViewSink as BatchSink,
};

/// The state that senders, counters and the pool share. Each part is immutable or synchronises itself.
pub(super) struct Shared {
    pub(super) config: CounterConfig,
    pub(super) sink: Arc<dyn BatchSink>,
    pub(super) channel: Channel,
    pub(super) overflow: Overflow,
    pub(super) wakeup: Wakeup,
    pub(super) saturation: Saturation,
    pub(super) metrics: Arc<Metrics>,
    pub(super) health: Arc<SinkHealth>,
    /// When a drain stops retrying failed commits. Set once, before the channel is closed.
    pub(super) drain_deadline: OnceLock<Instant>,
}
