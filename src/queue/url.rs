//! The value of `--queue`: which engine, and where.

use std::fmt;
use std::str::FromStr;

use super::engine::Engine;
#[cfg(feature = "kafka")]
use super::kafka::{self, KafkaLocation};
#[cfg(feature = "redis")]
use super::redis::{self, RedisLocation};
#[cfg(feature = "sqs")]
use super::sqs::{self, SqsLocation};

/// A parsed `--queue`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueUrl {
    /// `kafka://HOST:PORT[,…]/TOPIC`.
    #[cfg(feature = "kafka")]
    Kafka(KafkaLocation),
    /// `redis://HOST:PORT/…`.
    #[cfg(feature = "redis")]
    Redis(RedisLocation),
    /// `sqs://REGION/QUEUE`, or the address of a queue.
    #[cfg(feature = "sqs")]
    Sqs(SqsLocation),
}

impl FromStr for QueueUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<QueueUrl, String> {
        match text.split_once("://") {
            #[cfg(feature = "kafka")]
            Some(("kafka", _)) => text.parse().map(QueueUrl::Kafka),
            #[cfg(feature = "redis")]
            Some(("redis" | "rediss" | "redis+sentinel" | "redis+cluster", _)) => {
                text.parse().map(QueueUrl::Redis)
            }
            #[cfg(feature = "sqs")]
            Some(("sqs" | "https" | "http", _)) => text.parse().map(QueueUrl::Sqs),
            #[cfg(not(feature = "kafka"))]
            Some(("kafka", _)) => Err(not_built("kafka")),
            #[cfg(not(feature = "redis"))]
            Some(("redis" | "rediss" | "redis+sentinel" | "redis+cluster", _)) => {
                Err(not_built("redis"))
            }
            #[cfg(not(feature = "sqs"))]
            Some(("sqs" | "https" | "http", _)) => Err(not_built("sqs")),
            _ => Err(
                "a queue is kafka://HOST:PORT/TOPIC, redis://HOST:PORT or sqs://REGION/QUEUE"
                    .to_owned(),
            ),
        }
    }
}

#[cfg(not(all(feature = "kafka", feature = "redis", feature = "sqs")))]
fn not_built(feature: &str) -> String {
    format!("this viewtally was built without {feature}; try one built with --features {feature}")
}

impl QueueUrl {
    /// The engine there. Nothing is sent yet, so that one which is away keeps nobody from starting.
    pub fn connect(&self) -> Engine {
        match *self {
            #[cfg(feature = "kafka")]
            QueueUrl::Kafka(ref location) => kafka::connect(location),
            #[cfg(feature = "redis")]
            QueueUrl::Redis(ref location) => redis::connect(location),
            #[cfg(feature = "sqs")]
            QueueUrl::Sqs(ref location) => sqs::connect(location),
        }
    }

    /// Whether its owner pays for each message.
    pub fn is_paid_by_message(&self) -> bool {
        match *self {
            #[cfg(feature = "kafka")]
            QueueUrl::Kafka(_) => false,
            #[cfg(feature = "redis")]
            QueueUrl::Redis(_) => false,
            #[cfg(feature = "sqs")]
            QueueUrl::Sqs(_) => true,
        }
    }

    /// What the store knows the queue by: the same from every node, whichever of its servers each is told, and without
    /// secrets.
    pub fn name(&self) -> String {
        match *self {
            #[cfg(feature = "kafka")]
            QueueUrl::Kafka(ref location) => location.name(),
            #[cfg(feature = "redis")]
            QueueUrl::Redis(ref location) => location.name(),
            #[cfg(feature = "sqs")]
            QueueUrl::Sqs(ref location) => location.name(),
        }
    }
}

/// Without secrets, as it may be logged.
impl fmt::Display for QueueUrl {
    fn fmt(
        &self,
        #[cfg_attr(not(feature = "queue"), allow(unused_variables))] f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        match *self {
            #[cfg(feature = "kafka")]
            QueueUrl::Kafka(ref location) => location.fmt(f),
            #[cfg(feature = "redis")]
            QueueUrl::Redis(ref location) => location.fmt(f),
            #[cfg(feature = "sqs")]
            QueueUrl::Sqs(ref location) => location.fmt(f),
        }
    }
}
