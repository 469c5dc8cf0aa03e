//! External queues: what every engine must do, and each of them on its own.

#[cfg(feature = "postgres")]
mod chaos;
mod conformance;
#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "kafka")]
mod kafka_broker;
#[cfg(all(feature = "kafka", feature = "postgres"))]
mod kafka_chaos;
#[cfg(feature = "kafka")]
mod kafka_faults;
#[cfg(feature = "kafka")]
mod kafka_positions;
#[cfg(feature = "kafka")]
mod kafka_tls;
#[cfg(feature = "kafka")]
mod nodes;
#[cfg(feature = "redis")]
mod redis;
#[cfg(all(feature = "redis", feature = "postgres"))]
mod redis_chaos;
#[cfg(feature = "sqs")]
mod sqs;
#[cfg(all(feature = "sqs", feature = "postgres"))]
mod sqs_chaos;
