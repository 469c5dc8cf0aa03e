//! A queue outside this machine between the counters and the store, for views that must survive the machine.

mod backlog;
mod consumer;
mod consumers;
mod context;
#[cfg_attr(
    not(feature = "queue"),
    allow(dead_code, reason = "no engine is built along")
)]
mod engine;
mod error;
#[cfg(feature = "kafka")]
mod kafka;
mod lifecycle;
mod long_poll;
mod message;
mod outbox;
mod outbox_file;
mod outbox_view;
mod queue_sink;
#[cfg(feature = "redis")]
mod redis;
mod sender;
mod set_aside;
#[cfg(feature = "sqs")]
mod sqs;
mod taken;
mod url;

#[cfg(feature = "internals")]
pub use engine::{Engine, Outgoing, Producer, Reader, Received, Sharing, Source};
#[cfg(feature = "internals")]
pub use error::{QueueError, SendError};
pub use lifecycle::{OpenQueue, Queue, QueueLeft, QueueOptions};
#[cfg(feature = "internals")]
pub use message::{compress, decode, encode, seal};
pub use outbox_view::OutboxView;
pub use set_aside::retry;
pub use url::QueueUrl;

#[cfg(test)]
#[path = "../../tests/queue/fake.rs"]
mod fake;
#[cfg(test)]
#[path = "../../tests/queue/pipeline.rs"]
mod pipeline;
#[cfg(test)]
#[path = "../../tests/queue/pipeline_ends.rs"]
mod pipeline_ends;
