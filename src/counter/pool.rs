//! The counters: how many run, who starts one more, when one goes, and what they share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flume::Receiver;

use super::event_sender::{EventSender, bounded};
use super::overflow::Overflow;
use super::saturation::Saturation;
use super::wakeup::Wakeup;
use super::{OverflowPolicy, worker};
use crate::metrics::Metrics;
use crate::model::{Batch, ViewEvent};
use crate::sink::{BatchSink, SinkHealth};

/// How counting behaves; validated.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Events the channel holds.
    pub queue_capacity: usize,
    /// CounterPool that always run.
    pub counters: usize,
    /// CounterPool that run at most.
    pub max_counters: usize,
    /// How long after its first event a batch is committed.
    pub flush_every: Duration,
    /// At this many entries (rows to write) a batch is committed at once.
    pub batch_max: usize,
    /// What to do when the channel is full.
    pub overflow: OverflowPolicy,
    /// How long `wait` waits.
    pub overflow_wait: Duration,
    /// How long the channel stays full before one more counter starts.
    pub scale_after: Duration,
    /// How long it must not have been full before that counter goes again.
    pub retire_after: Duration,
}

/// What the counters share with each other and with the [`EventSender`].
pub struct CounterPool {
    pub(super) settings: Settings,
    pub(super) sink: Arc<dyn BatchSink>,
    pub(super) receiver: Receiver<ViewEvent>,
    pub(super) overflow: Overflow,
    pub(super) wakeup: Wakeup,
    pub(super) saturation: Saturation,
    /// Channel depth at which a sender wakes a counter that is gathering.
    pub(super) wake_at: usize,
    /// After so many events a sender looks at that depth.
    pub(super) look_every: u64,
    pub(super) metrics: Arc<Metrics>,
    pub(super) health: Arc<SinkHealth>,
    /// When a drain gives up on the store. Set once, before the channel is closed.
    pub(super) drain_by: OnceLock<Instant>,
    /// CounterPool that run and have not decided to retire.
    running: AtomicUsize,
    /// One place for each counter by its number. Locked to start one and to join all.
    crew: Mutex<Vec<Option<JoinHandle<Batch>>>>,
}

impl CounterPool {
    /// Starts the counters that always run and opens the channel to them.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        settings: Settings,
        sink: Arc<dyn BatchSink>,
        metrics: Arc<Metrics>,
        health: Arc<SinkHealth>,
    ) -> std::io::Result<(Arc<CounterPool>, EventSender)> {
        let (sender, receiver) = bounded(settings.queue_capacity);
        let counters = Arc::new(CounterPool {
            wake_at: settings.queue_capacity.div_ceil(2),
            // Often enough to wake it well before the channel is full.
            look_every: (settings.queue_capacity as u64 / 16).clamp(1, 64),
            sink,
            receiver,
            overflow: Overflow::default(),
            wakeup: Wakeup::default(),
            saturation: Saturation::new(Instant::now()),
            metrics,
            health,
            drain_by: OnceLock::new(),
            running: AtomicUsize::new(0),
            crew: Mutex::new(Vec::new()),
            settings,
        });
        for _ in 0..counters.settings.counters {
            counters.spawn()?;
        }
        let intake = EventSender::new(sender, Arc::clone(&counters));
        Ok((counters, intake))
    }

    /// Starts one more counter, up to the maximum.
    pub(super) fn start_one_more(this: &Arc<CounterPool>) {
        if this.running.load(Ordering::Acquire) >= this.settings.max_counters {
            return;
        }
        match this.spawn() {
            Ok(number) => {
                this.metrics.counters_started.inc();
                tracing::info!(
                    counter = number,
                    "the channel stayed full: started one more counter"
                );
            }
            // The next sender who finds the channel full tries again.
            Err(error) => tracing::warn!(%error, "cannot start one more counter"),
        }
    }

    fn spawn(self: &Arc<Self>) -> std::io::Result<usize> {
        let mut crew = self.lock_crew();
        let vacant = crew.iter().position(|place| match place {
            Some(handle) => handle.is_finished(),
            None => true,
        });
        let number = vacant.unwrap_or(crew.len());
        let counters = Arc::clone(self);
        let handle =
            crate::thread::spawn(format!("counter-{number}"), move || worker::run(&counters))?;
        if number == crew.len() {
            crew.push(None);
        }
        crew[number] = Some(handle);
        self.running.fetch_add(1, Ordering::AcqRel);
        self.metrics.counters_running.inc();
        Ok(number)
    }

    /// Asked by a counter with nothing in hand: whether it may go. The first ones never may.
    pub(super) fn may_retire(&self) -> bool {
        let spare = self.running.load(Ordering::Acquire) > self.settings.counters;
        if !spare
            || !self
                .saturation
                .quiet_for(Instant::now(), self.settings.retire_after)
        {
            return false;
        }
        let went = self
            .running
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |running| {
                (running > self.settings.counters).then(|| running - 1)
            })
            .is_ok();
        if went {
            self.metrics.counters_running.dec();
            self.metrics.counters_retired.inc();
            tracing::info!("the channel has room again: a counter retires");
        }
        went
    }

    /// CounterPool running now.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    /// Says until when the counters may try to write what is pending. To be called before [`EventSender::close`].
    pub fn drain_by(&self, deadline: Instant) {
        // A second drain keeps the first one's deadline.
        let _ = self.drain_by.set(deadline);
    }

    /// Waits for all counters, after [`EventSender::close`], and returns what the store would not take until the deadline.
    pub fn join(&self) -> Batch {
        let mut left = Batch::default();
        let handles: Vec<_> = self.lock_crew().drain(..).flatten().collect();
        for handle in handles {
            match handle.join() {
                Ok(batch) => left.merge(batch),
                Err(_) => tracing::error!("a counter ended in a panic"),
            }
        }
        for event in self.receiver.drain() {
            left.add(event);
        }
        self.overflow.take(&mut left);
        left
    }

    fn lock_crew(&self) -> MutexGuard<'_, Vec<Option<JoinHandle<Batch>>>> {
        self.crew.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
