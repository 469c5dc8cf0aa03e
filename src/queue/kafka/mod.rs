//! Apache Kafka, and what speaks its protocol: an idempotent producer, and readers of one partition each that begin where
//! the store says. No consumer group is joined, and no offset of Kafka's own is read or written.

mod client;
mod config;
mod connect;
mod connection;
mod location;
mod position;
mod producer;
mod property;
mod reader;
mod source;
mod topic;

pub use connect::connect;
pub use location::KafkaLocation;
