//! Where a batch of events goes: the seam between the counters and whatever keeps what they counted.
//!
//! A store applies a batch at once; an external queue accepts it and has it applied later. The counters know only the
//! trait here, so either can stand behind it.

mod batch_sink;
mod error;
mod health;
mod journal_sink;
mod queue_store;
mod written;

pub use batch_sink::BatchSink;
pub use error::SinkError;
pub use health::{QueueHealth, SinkHealth};
pub use journal_sink::JournalSink;
pub use queue_store::{Delivered, QueueStore};
pub use written::{BatchResult, PostTotals, Written};
