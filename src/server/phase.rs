//! What a connection waits for, and what becomes of it.

use super::in_flight::RequestGuard;
use super::reply::Unsent;
use super::store_queue::SlotUse;

/// What a connection waits for.
pub(super) enum Phase<E> {
    /// A request, or the rest of one.
    Reading,
    /// As before, but for too long.
    ReadingTimedOut,
    /// A slot.
    Queued(SlotUse, RequestGuard),
    /// As before, but for too long.
    QueueTimedOut(RequestGuard),
    /// The client, to take the response.
    Sending(Box<Unsent<E>>),
    /// The client, to read the response and close. So many bytes may still be discarded.
    Lingering(usize),
}

/// What becomes of a connection that was advanced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It waits for its next event.
    Wait,
    /// It has more to do, after others.
    Yield,
    /// It is over.
    Close,
}
