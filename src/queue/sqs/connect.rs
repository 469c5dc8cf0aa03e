//! The engine, put together.

use std::sync::Arc;

use super::location::SqsLocation;
use super::producer::SqsProducer;
use super::queue::Queue;
use super::source::SqsSource;
use crate::queue::engine::Engine;

/// The engine there. Nothing is sent yet.
pub fn connect(location: &SqsLocation) -> Engine {
    let queue = Arc::new(Queue::new(location.clone()));
    Engine {
        producer: Box::new(SqsProducer::new(Arc::clone(&queue))),
        source: Arc::new(SqsSource::new(queue)),
    }
}
