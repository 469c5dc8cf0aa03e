//! The engine of an address.

use std::sync::Arc;

use super::location::KafkaLocation;
use super::producer::KafkaProducer;
use super::source::KafkaSource;
use crate::queue::engine::Engine;

/// The engine there. Each part connects when it is first used.
pub fn connect(location: &KafkaLocation) -> Engine {
    Engine {
        producer: Box::new(KafkaProducer::new(location.clone())),
        source: Arc::new(KafkaSource::new(location.clone())),
    }
}
