//! From a request's event to a committed count.
//!
//! A request [sends](EventSink::send) its event and is done. The channel is bounded; when it is full, the
//! [`OverflowPolicy`] decides, and the reader, who has the response already, still does not wait. Counters drain the
//! channel into a batch and write the batch to a sink, which is all they know of the store.
//!
//! Invariant: an event is at every moment in exactly one of the channel, the overflow, a counter's batch, or the
//! store; until it is in the store it is in the journal, too. A batch leaves memory only after its commit, and a counter that panics continues with its batch.

mod channel;
mod config;
mod event_sender;
mod event_sink;
mod overflow;
mod overflow_policy;
mod pending;
mod pool;
mod queue_depth;
mod recorded;
mod rest;
mod saturation;
mod shared;
mod viewer_memory;
mod wakeup;
mod worker;

pub use config::CounterConfig;
pub use event_sender::EventSender;
pub use event_sink::{EventSink, NotDurable};
pub use overflow_policy::OverflowPolicy;
pub use pool::CounterPool;
pub use recorded::Recorded;
pub use rest::Rest;

#[cfg(test)]
#[path = "../../tests/counter/losses.rs"]
mod losses;

#[cfg(test)]
#[path = "../../tests/counter/viewer_memory.rs"]
mod viewers_kept;
