//! The channel's sending end, and what happens when the channel is full.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwapOption;
use flume::{Receiver, RecvTimeoutError, Sender, TrySendError};

use super::event_sink::{EventSink, NotDurable};
use super::overflow_policy::OverflowPolicy;
use super::queue_depth::QueueDepth;
use super::recorded::{JournalGuard, Recorded, Sent};
use super::shared::Shared;
use crate::journal::Appended;
use crate::model::ViewEvent;

/// Starts one more counter, if there may be one.
type ScaleUp = Box<dyn Fn() + Send + Sync>;

/// The channel's sending end. One for all requests.
pub struct EventSender {
    /// The channel's only long-lived sender. [`EventSender::close`] takes it out, which is how the counters learn that
    /// no event follows. It is read with every event and written once: a lock would cost each reader two writes to
    /// memory that all of them share.
    sender: ArcSwapOption<Sender<Sent>>,
    shared: Arc<Shared>,
    /// Channel depth from which a sender wakes a counter that is filling its batch.
    wake_threshold: usize,
    /// How many events a sender lets pass between two checks of that depth.
    depth_check_every: u64,
    scale_up: ScaleUp,
}

impl EventSender {
    pub(super) fn new(sender: Sender<Sent>, shared: Arc<Shared>, scale_up: ScaleUp) -> EventSender {
        let capacity = shared.config.queue_capacity;
        EventSender {
            sender: ArcSwapOption::from_pointee(sender),
            wake_threshold: capacity.div_ceil(2),
            // Often enough to wake a counter well before the channel is full.
            depth_check_every: (capacity as u64 / 16).clamp(1, 64),
            shared,
            scale_up,
        }
    }

    /// Closes the channel. Events sent later go to the overflow.
    pub fn close(&self) {
        self.sender.store(None);
        self.shared.wakeup.close();
    }

    /// Sends an event that the journal has stored: it is merged where the channel is full, whatever the policy.
    fn send_stored(&self, event: ViewEvent, place: Range<u64>) {
        let shared = &self.shared;
        shared.metrics.events_sent.inc();
        let sent = Sent {
            event,
            place,
            receipt: None,
        };
        let sender = self.sender.load();
        let refused = match &*sender {
            Some(sender) => sender.try_send(sent).err().map(TrySendError::into_inner),
            None => Some(sent),
        };
        if let Some(sent) = refused {
            shared.overflow.merge(sent);
        }
    }

    /// Puts an event on the channel, where it may wait for room. Returns what tells that its batch is written. The channel is
    /// not held open after that.
    fn send_awaited(
        &self,
        event: ViewEvent,
        guard: &Option<JournalGuard>,
        deadline: Instant,
    ) -> Result<Receiver<Option<u64>>, NotDurable> {
        let (receipt, written) = flume::bounded(1);
        let sent = Sent {
            event,
            place: guard.as_ref().map_or(0..0, |guard| guard.range.clone()),
            receipt: Some(receipt),
        };
        let sender = self.sender.load();
        let sender = sender.as_ref().ok_or(NotDurable::NotTaken)?;
        let sent = sender.send_deadline(sent, deadline);
        sent.map_err(|_| NotDurable::NotTaken)?;
        Ok(written)
    }

    fn on_full(&self, sender: &Sender<Sent>, event: Sent, before_block: &mut dyn FnMut()) {
        let shared = &self.shared;
        let config = &shared.config;
        shared.metrics.channel_full.inc();
        shared.wakeup.notify();
        if shared
            .saturation
            .on_full(Instant::now(), config.scale_after)
        {
            (self.scale_up)();
        }
        match config.overflow {
            OverflowPolicy::Coalesce => shared.overflow.merge(event),
            OverflowPolicy::Shed => shared.overflow.shed(event),
            OverflowPolicy::Wait => {
                before_block();
                if let Err(refused) = sender.send_timeout(event, config.overflow_wait) {
                    shared.overflow.merge(refused.into_inner());
                }
            }
        }
    }
}

impl EventSink for EventSender {
    fn record(&self, event: ViewEvent) -> Recorded {
        let (event, guard) = match &self.shared.journal {
            None => (Some(event), None),
            Some(journal) => match journal.append(&event) {
                Appended::At(range) | Appended::Unwritten(range) => {
                    let journal = Arc::clone(journal);
                    (Some(event), Some(JournalGuard { journal, range }))
                }
                Appended::Dropped => (None, None),
            },
        };
        Recorded { event, guard }
    }

    fn send(&self, recorded: Recorded, before_block: &mut dyn FnMut()) {
        let shared = &self.shared;
        let sent = shared.metrics.events_sent.inc();
        let Some(event) = recorded.event else {
            return;
        };
        let place = recorded.guard.map_or(0..0, JournalGuard::keep);
        let event = Sent {
            event,
            place,
            receipt: None,
        };
        let sender = self.sender.load();
        let Some(sender) = &*sender else {
            shared.overflow.merge(event);
            return;
        };
        match sender.try_send(event) {
            Ok(()) => {
                // Reading the depth takes the channel's lock once more: not after every event.
                if sent.is_multiple_of(self.depth_check_every)
                    && sender.len() >= self.wake_threshold
                {
                    shared.wakeup.notify();
                }
            }
            Err(TrySendError::Full(event)) => self.on_full(sender, event, before_block),
            Err(TrySendError::Disconnected(event)) => shared.overflow.merge(event),
        }
    }

    fn send_durably(&self, recorded: Recorded, deadline: Instant) -> Result<(), NotDurable> {
        let shared = &self.shared;
        let Recorded { event, guard } = recorded;
        let Some(event) = event else {
            shared.metrics.events_sent.inc();
            return Err(NotDurable::NotTaken);
        };
        let written = guard.as_ref().filter(|guard| guard.is_written());
        let is_journaled = written.is_some();
        if let Some(guard) = written.filter(|_| !shared.sink.counts_later())
            && guard.journal.sync().is_ok()
        {
            self.send_stored(event, guard.range.clone());
        } else {
            let written = self.send_awaited(event, &guard, deadline)?;
            // It is on its way: its place in the journal stays.
            let _ = guard.map(JournalGuard::keep);
            shared.metrics.events_sent.inc();
            shared.wakeup.notify();
            return match written.recv_deadline(deadline) {
                Ok(Some(number)) if !shared.sink.wait_until_accepted(number, deadline) => {
                    Err(NotDurable::NotYet)
                }
                Ok(_) => Ok(()),
                Err(RecvTimeoutError::Timeout) if is_journaled => Err(NotDurable::NotYet),
                // The counter has panicked over it, or only memory has it.
                Err(_) => Err(NotDurable::Unknown),
            };
        }
        let _ = guard.map(JournalGuard::keep);
        Ok(())
    }

    fn depth(&self) -> QueueDepth {
        QueueDepth {
            events: self.shared.channel.len(),
            overflow_entries: self.shared.overflow.entries(),
        }
    }
}
