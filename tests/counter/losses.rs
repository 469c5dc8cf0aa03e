//! Events that a stop must still find: those of blocked senders, and those in the hands of a counter that panicked.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::pending::FAULTY;
use super::{CounterConfig, CounterPool, EventSender, EventSink, OverflowPolicy};
use crate::metrics::Metrics;
use crate::model::{Batch, DedupWindow, TimestampMs, ViewEvent};
use crate::sink::{BatchResult, BatchSink, SinkError, SinkHealth, Written};

const DEADLINE: Duration = Duration::from_secs(20);

/// A sink that holds each write until it is opened, and then takes the batch or refuses it.
#[derive(Default)]
struct HeldSink {
    open: Mutex<bool>,
    opened: Condvar,
    entered: AtomicBool,
    refuses: bool,
    written: AtomicU64,
}

impl HeldSink {
    fn open(&self) {
        *self.open.lock().expect("the lock is whole") = true;
        self.opened.notify_all();
    }
}

impl BatchSink for HeldSink {
    fn write(&self, batch: &Batch) -> Result<Written, SinkError> {
        self.entered.store(true, Ordering::Release);
        let open = self.open.lock().expect("the lock is whole");
        let waited = self
            .opened
            .wait_timeout_while(open, DEADLINE, |open| !*open);
        assert!(!waited.expect("the lock is whole").1.timed_out());
        if self.refuses {
            return Err(SinkError::Busy("held".to_owned()));
        }
        self.written.fetch_add(batch.events(), Ordering::Relaxed);
        Ok(Written::Applied(BatchResult {
            counted: batch.events(),
            ..BatchResult::default()
        }))
    }

    fn dedup_window(&self) -> DedupWindow {
        DedupWindow::NONE
    }
}

fn config() -> CounterConfig {
    CounterConfig {
        queue_capacity: 64,
        counters: 1,
        max_counters: 1,
        flush_every: Duration::from_millis(1),
        batch_max: 10_000,
        viewer_memory: 256 << 20,
        overflow: OverflowPolicy::Wait,
        overflow_wait: Duration::from_secs(10),
        scale_after: Duration::from_secs(60),
        retire_after: Duration::from_secs(60),
    }
}

fn start(config: CounterConfig, sink: &Arc<HeldSink>) -> (Arc<CounterPool>, EventSender) {
    CounterPool::start(
        config,
        Arc::clone(sink) as _,
        None,
        Arc::new(Metrics::new(0)),
        Arc::new(SinkHealth::default()),
    )
    .expect("a thread")
}

fn view(at: i64) -> ViewEvent {
    ViewEvent {
        post: 1,
        at: TimestampMs(at),
        viewer: None,
        uncounted: None,
    }
}

/// An event on which merging panics.
fn faulty() -> ViewEvent {
    ViewEvent {
        post: FAULTY,
        ..view(5)
    }
}

fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Sends one event and waits until its commit is held.
fn occupy(sender: &EventSender, sink: &HeldSink) {
    sender.send(sender.record(view(0)), &mut || {});
    until("the counter writes", || {
        sink.entered.load(Ordering::Acquire)
    });
}

#[test]
fn a_stop_returns_the_events_of_all_blocked_senders() {
    const BLOCKED: usize = 8;
    let sink = Arc::new(HeldSink {
        refuses: true,
        ..HeldSink::default()
    });
    let config = CounterConfig {
        queue_capacity: 1,
        ..config()
    };
    let (pool, sender) = start(config, &sink);
    occupy(&sender, &sink);
    sender.send(sender.record(view(0)), &mut || {});
    let blocked = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..BLOCKED {
            scope.spawn(|| {
                sender.send(sender.record(view(0)), &mut || {
                    blocked.fetch_add(1, Ordering::Release);
                });
            });
        }
        until("all senders block", || {
            blocked.load(Ordering::Acquire) == BLOCKED as u64
        });
        pool.drain_by(Instant::now());
        sender.close();
        sink.open();
        assert_eq!(pool.join().batch.events(), 2 + BLOCKED as u64);
    });
}

#[test]
fn a_panic_loses_no_event_but_the_one_it_happened_with() {
    let sink = Arc::new(HeldSink::default());
    let (pool, sender) = start(config(), &sink);
    occupy(&sender, &sink);
    for event in [view(0), view(0), faulty(), view(0), view(0)] {
        sender.send(sender.record(event), &mut || {});
    }
    sink.open();
    until("the rest is written", || {
        sink.written.load(Ordering::Relaxed) == 5
    });
    pool.drain_by(Instant::now() + DEADLINE);
    sender.close();
    assert_eq!(pool.join().batch.events(), 0);
    assert_eq!(pool.lost(), 1);
}

#[test]
fn a_panic_during_the_stop_leaves_the_other_events_to_it() {
    let sink = Arc::new(HeldSink {
        refuses: true,
        ..HeldSink::default()
    });
    let (pool, sender) = start(config(), &sink);
    occupy(&sender, &sink);
    for event in [view(0), view(0), faulty(), view(0), view(0)] {
        sender.send(sender.record(event), &mut || {});
    }
    pool.drain_by(Instant::now());
    sender.close();
    sink.open();
    assert_eq!(pool.join().batch.events(), 5);
    assert_eq!(pool.lost(), 1);
}
