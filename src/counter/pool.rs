//! Starts, retires and joins the counters.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::channel::bounded;
use super::config::CounterConfig;
use super::event_sender::EventSender;
use super::overflow::Overflow;
use super::pending::Pending;
use super::rest::Rest;
use super::saturation::Saturation;
use super::shared::Shared;
use super::viewer_memory::ViewerMemory;
use super::wakeup::Wakeup;
use super::worker;
use crate::journal::Journal;
use crate::metrics::Metrics;
use crate::sink::{BatchSink, SinkHealth};

/// How long a request may take to hand over its event once the channel is closed: no longer than it takes to run.
const SENDER_TIMEOUT: Duration = Duration::from_secs(1);

/// How long it may take where the time of the drain is up.
const SENDER_GRACE: Duration = Duration::from_millis(100);

/// The counter threads: at least `counters`, at most `max_counters` of [`CounterConfig`].
pub struct CounterPool {
    shared: Arc<Shared>,
    /// Counters that run and have not decided to retire.
    running: AtomicUsize,
    /// One slot for each counter by its number. Locked to start a counter and to join all.
    handles: Mutex<Vec<Option<JoinHandle<Rest>>>>,
}

impl CounterPool {
    /// Opens the channel and starts the counters that always run.
    ///
    /// # Errors
    /// When the system cannot create a thread.
    pub fn start(
        config: CounterConfig,
        sink: Arc<dyn BatchSink>,
        journal: Option<Arc<Journal>>,
        metrics: Arc<Metrics>,
        health: Arc<SinkHealth>,
    ) -> std::io::Result<(Arc<CounterPool>, EventSender)> {
        let (sender, channel) = bounded(config.queue_capacity);
        let memory = ViewerMemory::new(config.viewer_memory, Arc::clone(&metrics));
        let memory = Arc::new(memory);
        let shared = Arc::new(Shared {
            config,
            overflow: Overflow::new(
                sink.dedup_window(),
                journal.as_ref().map(|journal| journal.run()),
                Arc::clone(&memory),
            ),
            memory,
            sink,
            journal,
            channel,
            wakeup: Wakeup::default(),
            saturation: Saturation::new(Instant::now()),
            metrics,
            health,
            drain_deadline: OnceLock::new(),
        });
        let pool = Arc::new(CounterPool {
            shared: Arc::clone(&shared),
            running: AtomicUsize::new(0),
            handles: Mutex::new(Vec::new()),
        });
        for _ in 0..shared.config.counters {
            pool.spawn()?;
        }
        let scaled = Arc::clone(&pool);
        let scale_up = Box::new(move || scaled.scale_up());
        Ok((pool, EventSender::new(sender, shared, scale_up)))
    }

    /// Starts one more counter, up to the maximum.
    fn scale_up(self: &Arc<Self>) {
        if self.running() >= self.shared.config.max_counters {
            return;
        }
        match self.spawn() {
            Ok(counter) => {
                self.shared.metrics.counters_started.inc();
                tracing::info!(counter, "started one more counter: the channel stayed full");
            }
            // The next sender that finds the channel full tries again.
            Err(error) => tracing::warn!(%error, "cannot start one more counter"),
        }
    }

    fn spawn(self: &Arc<Self>) -> std::io::Result<usize> {
        let mut handles = self.lock_handles();
        let vacant = handles.iter().position(|slot| match slot {
            Some(handle) => handle.is_finished(),
            None => true,
        });
        let number = vacant.unwrap_or(handles.len());
        let pool = Arc::clone(self);
        let work = move || worker::run(&pool.shared, &|| pool.retire());
        let handle = crate::thread::spawn(format!("counter-{number}"), work)?;
        if number == handles.len() {
            handles.push(None);
        }
        handles[number] = Some(handle);
        self.running.fetch_add(1, Ordering::AcqRel);
        self.shared.metrics.counters_running.inc();
        Ok(number)
    }

    /// Called by a counter whose batch is empty: whether it may end. At least `counters` of them stay.
    fn retire(&self) -> bool {
        let Shared {
            config,
            saturation,
            metrics,
            ..
        } = &*self.shared;
        if self.running() <= config.counters
            || !saturation.calm_for(Instant::now(), config.retire_after)
        {
            return false;
        }
        let retired = self
            .running
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |running| {
                (running > config.counters).then(|| running - 1)
            })
            .is_ok();
        if retired {
            metrics.counters_running.dec();
            metrics.counters_retired.inc();
            tracing::info!("retired a counter: the channel has room again");
        }
        retired
    }

    /// How many counters run.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    /// Sets the time until which failed commits are tried again. To be called before [`EventSender::close`].
    pub fn drain_by(&self, deadline: Instant) {
        // A second drain keeps the first one's deadline.
        let _ = self.shared.drain_deadline.set(deadline);
    }

    /// Waits for all counters, after [`EventSender::close`], and returns what the sink refused until the deadline.
    /// Called again, it returns what senders have put into the overflow since.
    pub fn join(&self) -> Rest {
        let shared = &*self.shared;
        let mut pending = shared.pending();
        let handles: Vec<_> = self.lock_handles().drain(..).flatten().collect();
        for handle in handles {
            match handle.join() {
                Ok(rest) => pending.merge_rest(rest),
                // A counter catches its panics, so this one happened while handling one.
                Err(_) => {
                    shared.metrics.events_lost.inc();
                }
            }
        }
        let now = Instant::now();
        let deadline = match shared.drain_deadline.get() {
            Some(deadline) => (now + SENDER_TIMEOUT).min((*deadline).max(now + SENDER_GRACE)),
            None => now + SENDER_TIMEOUT,
        };
        while !shared.catch_panic(&mut pending, |pending| take_rest(shared, pending, deadline)) {}
        if !shared.channel.is_closed() {
            tracing::warn!("a request is still sending its event");
        }
        shared.memory.tell();
        pending.into_rest()
    }

    /// How many events were lost because a counter panicked while merging them.
    pub fn lost(&self) -> u64 {
        self.shared.metrics.events_lost.get()
    }

    fn lock_handles(&self) -> MutexGuard<'_, Vec<Option<JoinHandle<Rest>>>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes what is left on the channel. It is empty for good only when it is closed: one `drain` leaves the events of
/// blocked senders behind.
fn take_rest<'a>(shared: &'a Shared, pending: &mut Pending<'a>, deadline: Instant) {
    // What is there is taken whatever the time: only senders that block already can add to it.
    while let Ok(event) = shared.channel.receive_until(deadline) {
        pending.add(event);
    }
    // A sender that found the channel full may have merged its event here until it was gone.
    pending.take_whole_overflow(&shared.overflow);
}
