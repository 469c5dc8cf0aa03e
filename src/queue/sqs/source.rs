//! Where messages come from: the queue, whose messages any number of readers share.

use std::sync::Arc;

use super::queue::Queue;
use super::reader::SqsReader;
use crate::queue::engine::{Reader, Sharing, Source};
use crate::queue::error::QueueError;

/// A queue as a source.
pub(super) struct SqsSource(Arc<Queue>);

impl SqsSource {
    pub(super) fn new(queue: Arc<Queue>) -> SqsSource {
        SqsSource(queue)
    }
}

impl Source for SqsSource {
    /// It is known without asking.
    fn sharing(&self) -> Result<Sharing, QueueError> {
        Ok(Sharing::Anyone)
    }

    fn read(
        &self,
        _partition: u32,
        _position: Option<&str>,
    ) -> Result<Box<dyn Reader>, QueueError> {
        Ok(Box::new(SqsReader::new(Arc::clone(&self.0))))
    }
}
