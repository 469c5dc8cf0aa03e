//! Kafka as an engine like any other, with the library's own brokers and with one of another make.

use std::sync::OnceLock;

use viewtally::internals::queue::QueueUrl;

use super::conformance::{TestEngine, conformance};
use crate::support::kafka::{Broker, MISSING, MockKafka};
use crate::support::missing;

/// An address at which nobody listens.
fn away() -> QueueUrl {
    "kafka://127.0.0.1:1/views".parse().expect("an address")
}

impl TestEngine for MockKafka {
    fn queue(&self, partitions: u32) -> QueueUrl {
        let topic = self.create_topic(partitions);
        self.url(&topic).parse().expect("an address")
    }

    fn away(&self) -> QueueUrl {
        away()
    }
}

impl TestEngine for &Broker {
    fn queue(&self, partitions: u32) -> QueueUrl {
        let topic = self.create_topic(partitions);
        self.url(&topic).parse().expect("an address")
    }

    fn away(&self) -> QueueUrl {
        away()
    }
}

/// One broker for all tests: `None`, having said so, where there is none.
pub fn broker() -> Option<&'static Broker> {
    static BROKER: OnceLock<Option<Broker>> = OnceLock::new();
    let broker = BROKER.get_or_init(Broker::start).as_ref();
    if broker.is_none() {
        missing(MISSING);
    }
    broker
}

conformance! { mock_brokers: Some(MockKafka::start(3)) }
conformance! { another_broker: broker() }
