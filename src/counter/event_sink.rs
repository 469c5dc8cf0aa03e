//! The trait through which requests hand over their events.

use std::time::Instant;

use super::queue_depth::QueueDepth;
use super::recorded::Recorded;
use crate::model::ViewEvent;

/// What is known of an event that was to survive, and may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDurable {
    /// It was not taken: it will not be counted.
    NotTaken,
    /// It is kept here, and will be counted unless this machine is lost.
    NotYet,
    /// It may be counted or not.
    Unknown,
}

/// Where requests put their events.
pub trait EventSink: Send + Sync {
    /// Writes an event down. Called before its response is written; never waits.
    fn record(&self, event: ViewEvent) -> Recorded;

    /// Takes an event. Called after the response was written. Calls `before_block` first if the calling thread has to
    /// block.
    fn send(&self, recorded: Recorded, before_block: &mut dyn FnMut());

    /// Takes an event, and waits until it survives this machine, or a loss of power where it is counted here.
    ///
    /// # Errors
    /// What is known of it at the deadline.
    fn send_durably(&self, recorded: Recorded, deadline: Instant) -> Result<(), NotDurable>;

    /// How much is waiting to be counted.
    fn depth(&self) -> QueueDepth;
}
