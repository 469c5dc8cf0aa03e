//! Amazon SQS, standard and FIFO queues.

mod client;
mod connect;
mod credentials;
mod failure;
mod http;
mod location;
mod producer;
mod queue;
mod reader;
mod sign;
mod source;

pub use connect::connect;
pub use location::SqsLocation;
