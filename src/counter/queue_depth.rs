//! How much is waiting to be counted.

/// How much is waiting to be counted, outside the counters' own batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Events on the channel.
    pub events: usize,
    /// Entries in the overflow.
    pub overflow_entries: usize,
}
