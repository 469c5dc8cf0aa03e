//! The state that senders, counters and the pool share.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use super::channel::Channel;
use super::config::CounterConfig;
use super::overflow::Overflow;
use super::pending::Pending;
use super::saturation::Saturation;
use super::viewer_memory::ViewerMemory;
use super::wakeup::Wakeup;
use crate::journal::Journal;
use crate::metrics::Metrics;
use crate::model::RunId;
use crate::sink::{BatchSink, SinkHealth};

/// The state that senders, counters and the pool share. Each part is immutable or synchronises itself.
pub(super) struct Shared {
    pub(super) config: CounterConfig,
    pub(super) sink: Arc<dyn BatchSink>,
    /// Where events are until they are committed, if there is such.
    pub(super) journal: Option<Arc<Journal>>,
    pub(super) channel: Channel,
    pub(super) overflow: Overflow,
    pub(super) memory: Arc<ViewerMemory>,
    pub(super) wakeup: Wakeup,
    pub(super) saturation: Saturation,
    pub(super) metrics: Arc<Metrics>,
    pub(super) health: Arc<SinkHealth>,
    /// When a drain stops retrying failed commits. Set once, before the channel is closed.
    pub(super) drain_deadline: OnceLock<Instant>,
}

impl Shared {
    /// A counter's events, none yet.
    pub(super) fn pending(&self) -> Pending<'_> {
        Pending::new(self.sink.dedup_window(), self.run(), &self.memory)
    }

    /// Whose journal it is.
    pub(super) fn run(&self) -> Option<RunId> {
        self.journal.as_ref().map(|journal| journal.run())
    }

    /// Runs `work`. Returns whether it ended without a panic; a panic is recorded with the events it has lost, and
    /// everything else stays in `pending`.
    pub(super) fn catch_panic<'a>(
        &self,
        pending: &mut Pending<'a>,
        work: impl FnOnce(&mut Pending<'a>),
    ) -> bool {
        let ended = catch_unwind(AssertUnwindSafe(|| work(pending))).is_ok();
        if !ended {
            let lost = pending.take_lost();
            self.metrics.counter_panics.inc();
            self.metrics.events_lost.inc_by(lost);
            tracing::error!(
                lost,
                kept = pending.batch().events(),
                "panicked while counting; continuing with the events that are kept"
            );
        }
        ended
    }

    /// This time, or a drain's deadline if that is sooner.
    pub(super) fn by_deadline(&self, time: Instant) -> Instant {
        self.drain_deadline
            .get()
            .map_or(time, |deadline| time.min(*deadline))
    }

    /// Whether a drain's deadline is reached at `time`.
    pub(super) fn is_past_deadline(&self, time: Instant) -> bool {
        self.drain_deadline
            .get()
            .is_some_and(|deadline| time >= *deadline)
    }
}
