//! Viewers while the store is away: how many are kept, and what becomes of the views of the others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{CounterConfig, CounterPool, EventSender, EventSink, OverflowPolicy};
use crate::metrics::Metrics;
use crate::model::{Batch, DedupWindow, Reason, TimestampMs, ViewEvent, Viewer};
use crate::sink::{BatchResult, BatchSink, SinkError, SinkHealth, Written};

const DEADLINE: Duration = Duration::from_secs(20);

/// Room for about so many viewers: fewer where a part of them is being taken over from a counter to the overflow.
const KEPT: u64 = 100;
const LIMIT: usize = 4400;

/// A sink that refuses every batch until it is opened, and then keeps them.
struct RefusingSink {
    open: AtomicBool,
    window: DedupWindow,
    written: Mutex<Vec<Batch>>,
}

impl BatchSink for RefusingSink {
    fn write(&self, batch: &Batch) -> Result<Written, SinkError> {
        if !self.open.load(Ordering::Acquire) {
            return Err(SinkError::Busy("locked".to_owned()));
        }
        let mut written = self.written.lock().expect("the lock is whole");
        written.push(batch.clone());
        Ok(Written::Applied(BatchResult::default()))
    }

    fn dedup_window(&self) -> DedupWindow {
        self.window
    }
}

struct Stall {
    sink: Arc<RefusingSink>,
    metrics: Arc<Metrics>,
    pool: Arc<CounterPool>,
    sender: EventSender,
}

/// What was written: visits, their reads, views of nobody, and what was dropped.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    visits: u64,
    reads: u64,
    views: u64,
    dropped: u64,
}

impl Stall {
    fn new(window: DedupWindow, counters: usize) -> Stall {
        let sink = Arc::new(RefusingSink {
            open: AtomicBool::new(false),
            window,
            written: Mutex::default(),
        });
        let metrics = Arc::new(Metrics::new(0));
        let config = CounterConfig {
            queue_capacity: 16,
            counters,
            max_counters: counters,
            flush_every: Duration::from_millis(1),
            batch_max: 10,
            viewer_memory: LIMIT,
            overflow: OverflowPolicy::Coalesce,
            overflow_wait: Duration::from_secs(10),
            scale_after: Duration::from_secs(60),
            retire_after: Duration::from_secs(60),
        };
        let (pool, sender) = CounterPool::start(
            config,
            Arc::clone(&sink) as _,
            None,
            Arc::clone(&metrics),
            Arc::new(SinkHealth::default()),
        )
        .expect("a thread");
        Stall {
            sink,
            metrics,
            pool,
            sender,
        }
    }

    fn read(&self, viewer: i64) {
        let event = ViewEvent {
            post: 1 + viewer % 7,
            at: TimestampMs(5),
            viewer: Some(Viewer::Anonymous(-1 - viewer)),
            uncounted: None,
        };
        self.sender.send(self.sender.record(event), &mut || {});
    }

    /// Opens the sink, and waits until so many events are written; forgets them.
    fn written(&self, events: u64) -> Sums {
        self.sink.open.store(true, Ordering::Release);
        let deadline = Instant::now() + DEADLINE;
        loop {
            let mut written = self.sink.written.lock().expect("the lock is whole");
            if written.iter().map(Batch::events).sum::<u64>() == events {
                self.sink.open.store(false, Ordering::Release);
                return written.drain(..).fold(Sums::default(), Sums::and);
            }
            drop(written);
            assert!(Instant::now() < deadline, "not all is written");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn lost(&self) -> u64 {
        self.metrics.views_without_viewer.get()
    }

    fn end(self) {
        self.pool.drain_by(Instant::now());
        self.sender.close();
        assert_eq!(self.pool.join().batch.events(), 0);
    }
}

impl Sums {
    fn and(mut self, batch: Batch) -> Sums {
        for sorted in batch.sorted_visits() {
            self.visits += 1;
            self.reads += sorted.visit.count;
        }
        self.views += batch.sorted_views().iter().map(|e| e.views).sum::<u64>();
        for entry in batch.sorted_ledger() {
            assert_eq!(entry.reason, Reason::Dropped);
            self.dropped += entry.count;
        }
        self
    }
}

/// A thousand viewers, of whom the first few come again and again.
fn thousand_viewers(stall: &Stall) -> u64 {
    for viewer in 0..1000 {
        stall.read(viewer);
        stall.read(viewer % 5);
    }
    2000
}

#[test]
fn without_a_window_views_beyond_the_limit_count_without_their_viewer() {
    for counters in [1, 4] {
        let stall = Stall::new(DedupWindow::NONE, counters);
        // Once more after that, for what is written no longer takes memory.
        for round in 1..=2 {
            let before = stall.lost();
            let sent = thousand_viewers(&stall);
            let sums = stall.written(sent);
            let lost = stall.lost() - before;
            assert!(
                (KEPT - 20..KEPT + 50).contains(&sums.visits),
                "{round}: {sums:?}"
            );
            assert_eq!((sums.views, sums.dropped), (lost, 0), "{sums:?}");
            assert_eq!(sums.reads + sums.views, sent);
        }
        stall.end();
    }
}

#[test]
fn with_a_window_views_that_may_be_repeats_are_dropped_and_not_counted() {
    let stall = Stall::new(DedupWindow::new(Duration::from_secs(3600)), 2);
    let sent = thousand_viewers(&stall);
    let sums = stall.written(sent);
    assert!((KEPT - 20..KEPT + 50).contains(&sums.visits), "{sums:?}");
    assert_eq!((sums.views, sums.dropped), (0, stall.lost()), "{sums:?}");
    assert_eq!(sums.reads + sums.dropped, sent);
    stall.end();
}
