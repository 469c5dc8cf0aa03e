//! The engine, put together.

use std::sync::Arc;

use super::location::RedisLocation;
use super::producer::RedisProducer;
use super::source::RedisSource;
use crate::queue::engine::Engine;

/// The engine there. Nothing is sent yet.
pub fn connect(location: &RedisLocation) -> Engine {
    let location = Arc::new(location.clone());
    Engine {
        producer: Box::new(RedisProducer::new(Arc::clone(&location))),
        source: Arc::new(RedisSource::new(location)),
    }
}
