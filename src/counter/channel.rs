//! The bounded channel from requests to counters, as the counters see it.

use std::time::{Duration, Instant};

use flume::{Receiver, RecvTimeoutError, Sender};

use super::recorded::Sent;

/// The channel's receiving end, shared by all counters.
#[derive(Debug)]
pub(super) struct Channel {
    receiver: Receiver<Sent>,
}

/// Opens a channel that holds `capacity` events.
pub(super) fn bounded(capacity: usize) -> (Sender<Sent>, Channel) {
    let (sender, receiver) = flume::bounded(capacity);
    (sender, Channel { receiver })
}

impl Channel {
    /// Waits for one event.
    ///
    /// # Errors
    /// When none comes within `timeout`, or when the channel is empty and closed.
    pub(super) fn receive(&self, timeout: Duration) -> Result<Sent, RecvTimeoutError> {
        self.receiver.recv_timeout(timeout)
    }

    /// As [`Channel::receive`], until `deadline`.
    ///
    /// # Errors
    /// When none comes until then, or when the channel is empty and closed.
    pub(super) fn receive_until(&self, deadline: Instant) -> Result<Sent, RecvTimeoutError> {
        self.receiver.recv_deadline(deadline)
    }

    /// Takes what is on the channel, under one lock. Events of senders that are blocked stay with them.
    pub(super) fn drain(&self) -> flume::Drain<'_, Sent> {
        self.receiver.drain()
    }

    /// Whether all senders are gone. As long as a sender is blocked, they are not.
    pub(super) fn is_closed(&self) -> bool {
        self.receiver.is_disconnected()
    }

    /// Events on the channel.
    pub(super) fn len(&self) -> usize {
        self.receiver.len()
    }
}
