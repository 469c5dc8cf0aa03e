//! From a request's event to a committed count.
//!
//! A request [sends](EventSender::send) its event and is done. The channel is bounded; when it is full, the overflow rule
//! decides, and the reader, who has the response already, still does not wait. CounterPool empty the channel into a
//! batch and hand it to a [`BatchSink`](crate::sink::BatchSink), which is all they know of the store.
//!
//! Invariant: an event is at every moment in exactly one of the channel, the overflow, a counter's batch, or the
//! store. A batch leaves memory only after its commit.

mod backoff;
mod event_sender;
mod overflow;
mod pool;
mod saturation;
mod wakeup;
mod worker;

pub use event_sender::EventSender;
pub use pool::{CounterPool, Settings};

use crate::model::ViewEvent;

/// What to do with an event when the channel is full. The post was served before; none of these makes its reader wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OverflowPolicy {
    /// Merge it into the overflow: one entry for each post, however many views. Loses nothing.
    #[default]
    Coalesce,
    /// Give the view up and say so in the ledger, as `dropped`.
    Shed,
    /// Hold the connection until the channel has room, at most for `--overflow-wait`; then coalesce.
    Wait,
}

/// Where requests leave their events.
pub trait EventSink: Send + Sync {
    /// Takes an event. Called after the response was written. Should the calling thread have to wait, it says so first
    /// by `before_block`.
    fn send(&self, event: ViewEvent, before_block: &mut dyn FnMut());

    /// What waits to be counted.
    fn waiting(&self) -> QueueDepth;
}

/// What waits to be counted, outside the counters' own batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Events on the channel.
    pub events: usize,
    /// Entries in the overflow.
    pub overflow_entries: usize,
}
