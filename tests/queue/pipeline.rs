//! From a counter's batch through a queue into a store: each event once, whatever the queue loses or repeats.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::fake::Broker;
use super::lifecycle::{OpenQueue, Queue, QueueOptions};
use super::outbox_file::OutboxFolder;
use crate::metrics::Metrics;
use crate::model::{
    Batch, Overlap, PostContent, PostId, PostKey, Reason, RunId, TimestampMs, ViewEvent, Viewer,
};
use crate::sink::{BatchSink, JournalSink, QueueStore, SinkError, Written};
use crate::store::{self, CachedStore, Store, StoreOptions};

pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// A store in memory with some posts.
pub(super) fn store(posts: usize) -> (Arc<dyn Store>, Vec<PostId>) {
    let store = store::open(&"sqlite::memory:".parse().unwrap(), StoreOptions::default()).unwrap();
    let ids = (0..posts)
        .map(|number| {
            let content = PostContent {
                slug: format!("post-{number}"),
                title: "A post".to_owned(),
                summary: String::new(),
                body: String::new(),
                tags: Vec::new(),
                published_at: TimestampMs(0),
                updated_at: TimestampMs(0),
            };
            store.create(&content).unwrap().id
        })
        .collect();
    (store, ids)
}

pub(super) fn options() -> QueueOptions {
    QueueOptions {
        max_bytes: 64 << 20,
        sync: false,
    }
}

pub(super) fn open(
    files: Option<&Path>,
    store: &Arc<dyn Store>,
    metrics: &Arc<Metrics>,
) -> OpenQueue {
    let database = store.database_id().unwrap();
    OpenQueue::open(files, database, options(), Arc::clone(metrics)).unwrap()
}

pub(super) fn start(
    open: OpenQueue,
    broker: &Broker,
    store: &Arc<dyn Store>,
    consumes: bool,
) -> Queue {
    let cached = Arc::new(CachedStore::new(Arc::clone(store), 1 << 20));
    let metrics = Arc::new(Metrics::new(1));
    open.start_with(
        broker.engine(),
        "fake".to_owned(),
        cached as Arc<dyn QueueStore>,
        metrics,
        consumes,
    )
    .unwrap()
}

pub(super) fn batch(posts: &[PostId], from: i64, events: i64) -> Batch {
    let mut batch = Batch::default();
    for n in from..from + events {
        batch.add(ViewEvent {
            post: posts[n as usize % posts.len()],
            at: TimestampMs(1_700_000_000_000 + n * 7),
            viewer: (n % 2 == 0).then_some(Viewer::Anonymous(-1 - n % 500)),
            uncounted: (n % 10 == 1).then_some(Reason::Bot),
        });
    }
    batch
}

pub(super) fn accounted(store: &dyn Store) -> i64 {
    let stats = store.site_stats().unwrap();
    stats.views + stats.uncounted.total().cast_signed()
}

pub(super) fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let end = Instant::now() + LIMIT;
    while !is_there() {
        assert!(Instant::now() < end, "{what} within {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn each_event_is_counted_once_though_answers_are_lost_and_messages_repeated() {
    const BATCHES: i64 = 200;
    const EVENTS: i64 = 500;
    let (store, posts) = store(20);
    let broker = Broker::new(3);
    broker.state().loses_one_of = 3;
    broker.state().repeats_one_of = 4;
    let metrics = Arc::new(Metrics::new(1));
    let opened = open(None, &store, &metrics);
    let sink = opened.sink(Arc::clone(&store) as _, true);
    let queue = start(opened, &broker, &store, true);
    // A second node, which only consumes.
    let other = start(open(None, &store, &metrics), &broker, &store, true);
    for n in 0..BATCHES {
        let written = sink.write(&batch(&posts, n * EVENTS, EVENTS)).unwrap();
        assert!(matches!(written, Written::Durable(number) if number == n as u64));
    }
    assert!(sink.wait_until_accepted(BATCHES as u64 - 1, Instant::now() + LIMIT));
    wait_for("all is counted", || accounted(&*store) >= BATCHES * EVENTS);
    assert_eq!(queue.stop(Instant::now() + LIMIT), None);
    assert_eq!(other.stop(Instant::now() + LIMIT), None);
    assert!(broker.messages() > BATCHES as usize, "some were sent twice");
    assert_eq!(accounted(&*store), BATCHES * EVENTS);
    let ledger = store.site_stats().unwrap().uncounted;
    assert_eq!(ledger.get(Reason::Bot), (BATCHES * EVENTS / 10) as u64);
    assert_eq!(store.count_set_aside().unwrap(), 0);
}

#[test]
fn what_a_killed_node_had_put_down_is_sent_by_the_next_start_with_the_same_ids() {
    let home = tempfile::tempdir().unwrap();
    let files = home.path().join("a.db");
    let (store, posts) = store(2);
    let metrics = Arc::new(Metrics::new(1));
    let run = RunId(7);
    let broker = Broker::new(1);
    let mut journaled = batch(&posts, 0, 100);
    journaled.journaled.add(run, 0..100);
    journaled.journaled.add_dropped(run, 3, TimestampMs(0));
    {
        let opened = open(Some(&files), &store, &metrics);
        let sink = opened.sink(Arc::clone(&store) as _, true);
        sink.write(&journaled).unwrap();
        // Its answer may have been lost on the way to the journal: the same batch changes nothing.
        sink.write(&journaled).unwrap();
        // Half of it sent, in the moment of the kill: the file is still there.
        let folder = OutboxFolder::of(&files, false);
        let kept = folder.batches().unwrap().remove(0);
        let copy = home.path().join("kept");
        std::fs::copy(&kept, &copy).unwrap();
        let queue = start(opened, &broker, &store, true);
        wait_for("it is counted", || accounted(&*store) == 103);
        assert_eq!(queue.stop(Instant::now() + LIMIT), None);
        assert!(folder.batches().unwrap().is_empty());
        std::fs::copy(&copy, &kept).unwrap();
    }
    let opened = open(Some(&files), &store, &metrics);
    let sink = opened.sink(Arc::clone(&store) as _, true);
    let committed = sink.committed(run).unwrap();
    assert_eq!(
        journaled.journaled.overlap([&committed]),
        Overlap::All,
        "a recovery leaves it alone"
    );
    let queue = start(opened, &broker, &store, true);
    assert!(sink.wait_until_accepted(0, Instant::now() + LIMIT));
    assert_eq!(broker.messages(), 2);
    assert_eq!(queue.stop(Instant::now() + LIMIT), None);
    assert_eq!(accounted(&*store), 103);
    // When the journal is gone, so is what was noted of it.
    sink.close_run(run).unwrap();
    assert!(OutboxFolder::of(&files, false).runs().unwrap().is_empty());
}

#[test]
fn without_the_queue_the_next_start_counts_what_was_left_for_it() {
    let home = tempfile::tempdir().unwrap();
    let files = home.path().join("a.db");
    let (store, posts) = store(2);
    let metrics = Arc::new(Metrics::new(1));
    let opened = open(Some(&files), &store, &metrics);
    let sink = opened.sink(Arc::clone(&store) as _, true);
    for n in 0..5 {
        sink.write(&batch(&posts, n * 10, 10)).unwrap();
    }
    drop(sink);
    drop(opened);
    let opened = open(Some(&files), &store, &metrics);
    assert_eq!(opened.apply_here(&*store), Ok(50));
    assert_eq!(accounted(&*store), 50);
    let again = open(Some(&files), &store, &metrics);
    assert_eq!(again.apply_here(&*store), Ok(0));
}

#[test]
fn a_queue_that_is_away_takes_no_more_than_the_bound_and_everything_later() {
    let (store, posts) = store(2);
    let home = tempfile::tempdir().unwrap();
    let files = home.path().join("a.db");
    let metrics = Arc::new(Metrics::new(1));
    let broker = Broker::new(1);
    broker.state().is_away = true;
    let database = store.database_id().unwrap();
    let small = QueueOptions {
        max_bytes: 20_000,
        ..options()
    };
    let opened = OpenQueue::open(Some(&files), database, small, metrics).unwrap();
    let sink = opened.sink(Arc::clone(&store) as _, true);
    let queue = start(opened, &broker, &store, true);
    let mut taken = 0;
    let refused = loop {
        match sink.write(&batch(&posts, taken, 1000)) {
            Ok(_) => taken += 1000,
            Err(error) => break error,
        }
        assert!(taken < 1_000_000, "it has a bound");
    };
    assert!(matches!(refused, SinkError::Unavailable(_)), "{refused}");
    assert!(taken > 0);
    broker.state().is_away = false;
    wait_for("all is counted", || accounted(&*store) >= taken);
    // There is room again.
    sink.write(&batch(&posts, taken, 1000)).unwrap();
    wait_for("the rest too", || accounted(&*store) >= taken + 1000);
    assert_eq!(queue.stop(Instant::now() + LIMIT), None);
    assert_eq!(accounted(&*store), taken + 1000);
}

#[test]
fn a_stop_says_what_the_queue_did_not_take_and_the_next_start_sends_it() {
    let (store, posts) = store(2);
    let home = tempfile::tempdir().unwrap();
    let files = home.path().join("a.db");
    let metrics = Arc::new(Metrics::new(1));
    let broker = Broker::new(1);
    broker.state().is_away = true;
    let opened = open(Some(&files), &store, &metrics);
    let sink = opened.sink(Arc::clone(&store) as _, true);
    let queue = start(opened, &broker, &store, false);
    sink.write(&batch(&posts, 0, 30)).unwrap();
    assert!(!sink.wait_until_accepted(0, Instant::now() + Duration::from_millis(50)));
    let left = queue
        .stop(Instant::now() + Duration::from_millis(200))
        .unwrap();
    assert_eq!((left.events, left.path.is_some()), (30, true));
    assert!(left.why.contains("away"), "{}", left.why);
    // The process ends.
    drop(sink);
    broker.state().is_away = false;
    let queue = start(open(Some(&files), &store, &metrics), &broker, &store, true);
    wait_for("it is counted", || accounted(&*store) == 30);
    assert_eq!(queue.stop(Instant::now() + LIMIT), None);
}

#[test]
fn a_message_that_turns_out_too_long_is_cut() {
    let (store, posts) = store(50);
    let metrics = Arc::new(Metrics::new(1));
    let broker = Broker::new(1);
    broker.state().max_bytes = 300;
    for files in [None, Some(tempfile::tempdir().unwrap())] {
        let before = accounted(&*store);
        let path = files.as_ref().map(|home| home.path().join("a.db"));
        let opened = open(path.as_deref(), &store, &metrics);
        let sink = opened.sink(Arc::clone(&store) as _, true);
        let queue = start(opened, &broker, &store, true);
        sink.write(&batch(&posts, 0, 2000)).unwrap();
        wait_for("it is counted", || accounted(&*store) == before + 2000);
        assert_eq!(queue.stop(Instant::now() + LIMIT), None);
    }
    let state = broker.state();
    assert!(
        state.partitions[0]
            .iter()
            .all(|message| message.len() <= 300)
    );
}

#[test]
fn what_cannot_be_counted_is_set_aside_and_the_rest_flows() {
    let (store, posts) = store(2);
    let metrics = Arc::new(Metrics::new(1));
    let broker = Broker::new(1);
    broker.state().partitions[0].extend([
        b"hello".to_vec(),
        b"vtq\xfffrom the future".to_vec(),
        vec![7; 2 << 20],
    ]);
    let opened = open(None, &store, &metrics);
    let sink = opened.sink(Arc::clone(&store) as _, true);
    let queue = start(opened, &broker, &store, true);
    sink.write(&batch(&posts, 0, 30)).unwrap();
    wait_for("the rest is counted", || accounted(&*store) == 30);
    assert_eq!(queue.stop(Instant::now() + LIMIT), None);
    let aside = store.set_aside(0, 10).unwrap();
    let versions: Vec<Option<u32>> = aside.iter().map(|message| message.version).collect();
    assert_eq!(versions, [None, Some(255), None]);
    assert!(aside[0].reason.contains("no message of viewtally"));
    assert!(aside[2].reason.contains("2097152 bytes"));
    // The next start reads from where this one was.
    let queue = start(open(None, &store, &metrics), &broker, &store, true);
    sink_and_wait(&store, &posts, &broker, &metrics);
    assert_eq!(queue.stop(Instant::now() + LIMIT), None);
    assert_eq!(store.count_set_aside().unwrap(), 3);
    // Still garbage: it stays until somebody drops it.
    let error = super::retry(&*store, store.database_id().unwrap(), aside[0].id).unwrap_err();
    assert!(error.to_string().contains("no message"), "{error}");
    assert_eq!(store.drop_set_aside(aside[0].id), Ok(true));
    assert_eq!(store.drop_set_aside(aside[0].id), Ok(false));
    assert_eq!(store.count_set_aside().unwrap(), 2);
}

/// Sends thirty more events, and waits until they are counted.
fn sink_and_wait(
    store: &Arc<dyn Store>,
    posts: &[PostId],
    broker: &Broker,
    metrics: &Arc<Metrics>,
) {
    let before = accounted(&**store);
    let opened = open(None, store, metrics);
    let sink = opened.sink(Arc::clone(store) as _, true);
    let queue = start(opened, broker, store, false);
    sink.write(&batch(posts, 0, 30)).unwrap();
    wait_for("thirty more", || accounted(&**store) == before + 30);
    assert_eq!(queue.stop(Instant::now() + LIMIT), None);
}

#[test]
fn a_node_that_is_killed_is_followed_by_another_within_five_seconds() {
    let (store, posts) = store(2);
    let metrics = Arc::new(Metrics::new(1));
    let broker = Broker::new(4);
    let node = 1;
    // A node that has taken everything, and says nothing any more.
    let leases = store.share_partitions("fake", node, 4).unwrap();
    assert_eq!(leases.len(), 4);
    let killed = Instant::now();
    let opened = open(None, &store, &metrics);
    let sink = opened.sink(Arc::clone(&store) as _, true);
    let queue = start(opened, &broker, &store, true);
    sink.write(&batch(&posts, 0, 30)).unwrap();
    wait_for("another counts", || accounted(&*store) == 30);
    assert!(
        killed.elapsed() < Duration::from_secs(5),
        "{:?}",
        killed.elapsed()
    );
    assert_eq!(queue.stop(Instant::now() + LIMIT), None);
    let views = store.tally(PostKey::Id(posts[0])).unwrap().unwrap().1.views;
    assert!(views > 0);
}
