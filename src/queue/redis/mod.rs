//! Redis Streams: one server, a primary that Sentinels watch, or a Cluster.

mod address;
mod connect;
mod connection;
mod entry;
mod failure;
mod location;
mod position;
mod producer;
mod reader;
mod secret;
mod server_info;
mod servers;
mod socket;
mod source;

pub use connect::connect;
pub use location::RedisLocation;
