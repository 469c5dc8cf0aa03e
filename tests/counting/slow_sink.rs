//! The counters behind a sink that is slow, and with a million events pending: the library's own threads and channel
//! over a real store, without HTTP in front.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use viewtally::counter::{Counters, EventSink, Intake, OverflowRule, Settings};
use viewtally::metrics::Metrics;
use viewtally::model::{Batch, Millis, PostContent, ViewEvent};
use viewtally::store::{self, Applied, Rules, Store, StoreError, StoreHealth, ViewSink};

use crate::support::{Home, until};

fn settings() -> Settings {
    Settings {
        queue_capacity: 64,
        counters: 1,
        max_counters: 4,
        flush_every: Duration::from_millis(10),
        batch_max: 10_000,
        overflow: OverflowRule::Shed,
        overflow_wait: Duration::from_secs(3),
        scale_after: Duration::from_millis(300),
        retire_after: Duration::from_millis(600),
    }
}

/// A store that takes its time for each event, as a database across a slow network would.
struct Slow(Arc<dyn Store>, Duration);

impl ViewSink for Slow {
    fn apply(&self, batch: &Batch) -> Result<Applied, StoreError> {
        std::thread::sleep(self.1 * u32::try_from(batch.events()).unwrap_or(u32::MAX));
        self.0.apply(batch)
    }
}

fn store_with_posts(home: &Home, posts: usize) -> Arc<dyn Store> {
    let store =
        store::open(&home.store().parse().expect("a store"), Rules::default()).expect("it opens");
    for post in 0..posts {
        let content = PostContent {
            slug: format!("post-{post}"),
            title: "A post".to_owned(),
            summary: String::new(),
            body: String::new(),
            tags: Vec::new(),
            published_at: Millis(0),
            updated_at: Millis(0),
        };
        store.create(&content).expect("a post");
    }
    store
}

fn start(settings: Settings, sink: Arc<dyn ViewSink>) -> (Arc<Counters>, Intake, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new(settings.queue_capacity));
    let (counters, intake) = Counters::start(
        settings,
        sink,
        Arc::clone(&metrics),
        Arc::new(StoreHealth::default()),
    )
    .expect("threads");
    (counters, intake, metrics)
}

fn view(post: i64) -> ViewEvent {
    ViewEvent {
        post,
        at: Millis(1_700_000_000_000),
        viewer: None,
        uncounted: None,
    }
}

/// Sends without pause until told to stop; answers how many.
fn flood(intake: &Intake, stop: &AtomicBool) -> u64 {
    let mut sent = 0;
    while !stop.load(Ordering::Relaxed) {
        intake.send(view(1), &mut || {});
        sent += 1;
        std::thread::sleep(Duration::from_micros(100));
    }
    sent
}

fn grow_and_retire(settings: Settings) {
    let home = Home::new();
    let store = store_with_posts(&home, 1);
    let scale_after = settings.scale_after;
    let sink = Arc::new(Slow(Arc::clone(&store), Duration::from_millis(1)));
    let (counters, intake, _metrics) = start(settings, sink);
    let stop = AtomicBool::new(false);
    let started = Instant::now();
    let mut grown = Vec::new();
    let sent = std::thread::scope(|scope| {
        let sender = scope.spawn(|| flood(&intake, &stop));
        for running in 2..=4 {
            until("one more counter runs", || {
                assert!(counters.running() <= running, "they grow one by one");
                counters.running() == running
            });
            grown.push(started.elapsed());
        }
        stop.store(true, Ordering::Relaxed);
        sender.join().expect("the sender ends")
    });
    println!("counters started after {grown:?}");
    assert!(grown[0] >= scale_after, "{grown:?}");
    assert!(
        grown
            .windows(2)
            .all(|pair| pair[1] - pair[0] >= scale_after.mul_f64(0.9)),
        "{grown:?}"
    );
    until("they retire again", || counters.running() == 1);
    counters.drain_by(Instant::now() + Duration::from_secs(60));
    intake.close();
    assert!(counters.join().is_empty());
    let tally = store.site_tally().expect("numbers");
    assert_eq!(tally.views.cast_unsigned() + tally.uncounted.dropped, sent);
}

#[test]
fn counters_grow_one_by_one_while_the_sink_is_slow_and_retire_again() {
    grow_and_retire(settings());
}

#[test]
#[ignore = "slow: make test-long"]
fn with_the_real_times_they_grow_every_three_seconds() {
    grow_and_retire(Settings {
        scale_after: Duration::from_secs(3),
        retire_after: Duration::from_secs(5),
        ..settings()
    });
}

/// Holds every commit back until it is opened.
struct Held(Arc<dyn Store>, AtomicBool);

impl ViewSink for Held {
    fn apply(&self, batch: &Batch) -> Result<Applied, StoreError> {
        if self.1.load(Ordering::Acquire) {
            self.0.apply(batch)
        } else {
            Err(StoreError::Busy("held".to_owned()))
        }
    }
}

#[test]
#[ignore = "slow: make test-long"]
fn a_million_pending_events_are_committed_within_two_seconds() {
    const EVENTS: usize = 1_000_000;
    const POSTS: usize = 1_000;
    let home = Home::new();
    let store = store_with_posts(&home, POSTS);
    let held = Arc::new(Held(Arc::clone(&store), AtomicBool::new(false)));
    let settings = Settings {
        queue_capacity: EVENTS,
        max_counters: 1,
        ..settings()
    };
    let (counters, intake, metrics) = start(settings, Arc::clone(&held) as _);
    for event in 0..EVENTS {
        intake.send(
            view(1 + i64::try_from(event % POSTS).expect("few")),
            &mut || {},
        );
    }
    assert_eq!(metrics.pending(), EVENTS as u64);
    let started = Instant::now();
    held.1.store(true, Ordering::Release);
    counters.drain_by(started + Duration::from_secs(60));
    intake.close();
    assert!(counters.join().is_empty());
    let took = started.elapsed();
    println!("1,000,000 pending events over {POSTS} posts: committed in {took:?}");
    assert_eq!(store.site_tally().expect("numbers").views, 1_000_000);
    assert!(took < Duration::from_secs(2), "{took:?}");
}
