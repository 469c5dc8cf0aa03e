//! The trait through which requests hand over their events.

use super::queue_depth::QueueDepth;
use super::recorded::Recorded;
use crate::model::ViewEvent;

/// Where requests put their events.
pub trait EventSink: Send + Sync {
    /// Writes an event down. Called before its response is written; never waits.
    fn record(&self, event: ViewEvent) -> Recorded;

    /// Takes an event. Called after the response was written. Calls `before_block` first if the calling thread has to
    /// block.
    fn send(&self, recorded: Recorded, before_block: &mut dyn FnMut());

    /// How much is waiting to be counted.
    fn depth(&self) -> QueueDepth;
}
