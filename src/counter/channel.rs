//! The bounded channel from requests to counters, as the counters see it.

use std::time::Duration;

use flume::{Receiver, RecvTimeoutError, Sender};

use crate::model::{Batch, ViewEvent};

/// The channel's receiving end, shared by all counters.
#[derive(Debug)]
pub(super) struct Channel {
    receiver: Receiver<ViewEvent>,
}

/// Opens a channel that holds `capacity` events.
pub(super) fn bounded(capacity: usize) -> (Sender<ViewEvent>, Channel) {
    let (sender, receiver) = flume::bounded(capacity);
    (sender, Channel { receiver })
}

impl Channel {
    /// Waits for one event.
    ///
    /// # Errors
    /// When none comes within `timeout`, or when the channel is empty and all senders are gone.
    pub(super) fn receive(&self, timeout: Duration) -> Result<ViewEvent, RecvTimeoutError> {
        self.receiver.recv_timeout(timeout)
    }

    /// Moves what is on the channel into `batch`. Each pass takes the channel's lock once; there are several because
    /// blocked senders put their events on the channel as it empties, and at most four because senders may be as fast
    /// as this loop.
    pub(super) fn drain_into(&self, batch: &mut Batch) {
        for _ in 0..4 {
            let events = self.receiver.drain();
            if events.len() == 0 {
                break;
            }
            events.for_each(|event| batch.add(event));
        }
    }

    /// Moves the rest into `batch`, after the senders are gone.
    pub(super) fn finish_into(&self, batch: &mut Batch) {
        for event in self.receiver.drain() {
            batch.add(event);
        }
    }

    /// Whether all senders are gone.
    pub(super) fn is_closed(&self) -> bool {
        self.receiver.is_disconnected()
    }

    /// Events on the channel.
    pub(super) fn len(&self) -> usize {
        self.receiver.len()
    }
}
