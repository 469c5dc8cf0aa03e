//! The counters' settings.

use std::time::Duration;

use super::overflow_policy::OverflowPolicy;

/// The counters' settings, validated by [`Config`](crate::config::Config).
#[derive(Clone, Debug)]
pub struct CounterConfig {
    /// Events the channel holds.
    pub queue_capacity: usize,
    /// Counters that always run.
    pub counters: usize,
    /// Counters that run at most.
    pub max_counters: usize,
    /// How long after its first event a batch is committed.
    pub flush_every: Duration,
    /// At this many entries (rows to write) a batch is committed at once.
    pub batch_max: usize,
    /// Bytes that viewers of views that wait to be written may take, over all counters and the overflow.
    pub viewer_memory: usize,
    /// What a sender does when the channel is full.
    pub overflow: OverflowPolicy,
    /// How long a sender blocks at most under [`OverflowPolicy::Wait`].
    pub overflow_wait: Duration,
    /// How long the channel stays full before one more counter starts.
    pub scale_after: Duration,
    /// How long the channel must not have been full before an additional counter retires.
    pub retire_after: Duration,
}
