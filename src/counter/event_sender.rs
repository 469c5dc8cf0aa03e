//! The senders' end of the channel, and what happens when it is full.

use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwapOption;
use flume::{Receiver, Sender, TrySendError};

use super::pool::CounterPool;
use super::{EventSink, OverflowPolicy, QueueDepth};
use crate::model::ViewEvent;

/// The one bounded channel from requests to counters.
pub(super) fn bounded(capacity: usize) -> (Sender<ViewEvent>, Receiver<ViewEvent>) {
    flume::bounded(capacity)
}

/// Where requests leave their events. Shared by all of them.
pub struct EventSender {
    /// The channel's only long-lived sender: taken out by [`EventSender::close`], which is how the counters learn that
    /// nothing more will come. Read with every event, written once: a lock would cost each reader two writes to memory
    /// that all of them share.
    sender: ArcSwapOption<Sender<ViewEvent>>,
    counters: Arc<CounterPool>,
}

impl EventSender {
    pub(super) fn new(sender: Sender<ViewEvent>, counters: Arc<CounterPool>) -> EventSender {
        EventSender {
            sender: ArcSwapOption::from_pointee(sender),
            counters,
        }
    }

    /// Closes the channel. Events sent later, of which a drain has none, go to the overflow.
    pub fn close(&self) {
        self.sender.store(None);
        self.counters.wakeup.close();
    }

    fn full(&self, sender: &Sender<ViewEvent>, event: ViewEvent, before_block: &mut dyn FnMut()) {
        let counters = &self.counters;
        counters.metrics.channel_full.inc();
        counters.wakeup.ring();
        if counters
            .saturation
            .full(Instant::now(), counters.settings.scale_after)
        {
            CounterPool::start_one_more(counters);
        }
        match counters.settings.overflow {
            OverflowPolicy::Coalesce => counters.overflow.merge(event),
            OverflowPolicy::Shed => counters.overflow.shed(event),
            OverflowPolicy::Wait => {
                before_block();
                if let Err(refused) = sender.send_timeout(event, counters.settings.overflow_wait) {
                    counters.overflow.merge(refused.into_inner());
                }
            }
        }
    }
}

impl EventSink for EventSender {
    fn send(&self, event: ViewEvent, before_block: &mut dyn FnMut()) {
        let sent = self.counters.metrics.events_sent.inc();
        let sender = self.sender.load();
        let Some(sender) = &*sender else {
            self.counters.overflow.merge(event);
            return;
        };
        match sender.try_send(event) {
            Ok(()) => {
                // Asking how full it is takes its lock once more: not after every event.
                if sent.is_multiple_of(self.counters.look_every)
                    && sender.len() >= self.counters.wake_at
                {
                    self.counters.wakeup.ring();
                }
            }
            Err(TrySendError::Full(event)) => self.full(sender, event, before_block),
            Err(TrySendError::Disconnected(event)) => self.counters.overflow.merge(event),
        }
    }

    fn waiting(&self) -> QueueDepth {
        QueueDepth {
            events: self.counters.receiver.len(),
            overflow_entries: self.counters.overflow.entries(),
        }
    }
}
