//! The same way at its ends: a full outbox, two processes, messages that are too long, views that were dropped.

use std::sync::Arc;
use std::time::Instant;

use super::consumer::LONG_TRY;
use super::fake::Broker;
use super::lifecycle::{OpenQueue, QueueOptions};
use super::pipeline::{LIMIT, accounted, batch, open, options, start, store, wait_for};
use crate::metrics::Metrics;
use crate::model::{
    Batch, Delivery, Lease, Overlap, QueuedBatch, Reason, RunId, SetAside, TimestampMs,
};
use crate::sink::{BatchSink, Delivered, JournalSink, QueueStore, SinkError};
use crate::store::Store;

#[test]
fn a_start_puts_down_what_a_journal_has_though_the_outbox_is_full() {
    let (store, posts) = store(2);
    let home = tempfile::tempdir().unwrap();
    let files = home.path().join("a.db");
    let broker = Broker::new(1);
    broker.state().is_away = true;
    let small = || {
        let options = QueueOptions {
            max_bytes: 5_000,
            ..options()
        };
        let metrics = Arc::new(Metrics::new(1));
        OpenQueue::open(Some(&files), store.database_id().unwrap(), options, metrics).unwrap()
    };
    let opened = small();
    let sink = opened.sink(Arc::clone(&store) as _, true);
    let queue = start(opened, &broker, &store, true);
    let mut put = 0;
    while sink.write(&batch(&posts, put, 1000)).is_ok() {
        put += 1000;
    }
    assert!(queue.stop(Instant::now()).is_some());
    drop(sink);
    let opened = small();
    let sink = opened.sink(Arc::clone(&store) as _, true);
    // As a recovery does, before anything can be sent.
    sink.write(&batch(&posts, put, 1000)).unwrap();
    broker.state().is_away = false;
    let queue = start(opened, &broker, &store, true);
    wait_for("all is counted", || accounted(&*store) == put + 1000);
    assert_eq!(queue.stop(Instant::now() + LIMIT), None);
}

#[test]
fn of_two_processes_on_one_folder_each_sends_its_own() {
    let (store, posts) = store(2);
    let home = tempfile::tempdir().unwrap();
    let files = home.path().join("a.db");
    let metrics = Arc::new(Metrics::new(1));
    let broker = Broker::new(1);
    let run = RunId(3);
    let mut journaled = batch(&posts, 0, 10);
    journaled.journaled.add(run, 0..10);
    let old = open(Some(&files), &store, &metrics);
    let old_sink = old.sink(Arc::clone(&store) as _, true);
    old_sink.write(&journaled).unwrap();
    // The next process begins while the first lives.
    let new = open(Some(&files), &store, &metrics);
    let new_sink = new.sink(Arc::clone(&store) as _, true);
    let committed = new_sink.committed(run).unwrap();
    assert_eq!(journaled.journaled.overlap([&committed]), Overlap::All);
    let queue = start(new, &broker, &store, true);
    new_sink.write(&batch(&posts, 10, 5)).unwrap();
    wait_for("its own is counted", || accounted(&*store) == 5);
    assert_eq!(queue.stop(Instant::now() + LIMIT), None);
    assert_eq!(broker.messages(), 1);
    drop((old, old_sink, new_sink));
    // Both have ended.
    let last = open(Some(&files), &store, &metrics);
    let committed = last
        .sink(Arc::clone(&store) as _, true)
        .committed(run)
        .unwrap();
    assert_eq!(journaled.journaled.overlap([&committed]), Overlap::All);
    let queue = start(last, &broker, &store, true);
    wait_for("the first one's too", || accounted(&*store) == 15);
    assert_eq!(queue.stop(Instant::now() + LIMIT), None);
    assert_eq!(broker.messages(), 2);
}

#[test]
fn only_the_message_that_is_too_long_is_cut_and_its_parts_have_ids_of_their_own() {
    let (store, posts) = store(50);
    let mut large = Batch::default();
    large.merge(batch(&posts, 0, 2000));
    let database = store.database_id().unwrap();
    let now = TimestampMs(1_790_000_000_000);
    let whole = super::message::encode(&large, database, 1 << 20, now)
        .unwrap()
        .remove(0);
    let cut = || super::message::cut(&whole, database, 600).unwrap();
    let parts = cut();
    assert!(parts.len() > 1 && parts.iter().all(|part| part.bytes.len() <= 600));
    assert_eq!(parts, cut(), "cut again they are the same messages");
    let events = parts.iter().map(|part| {
        let queued = super::message::decode(&part.bytes, database).unwrap();
        assert_eq!(queued.id.0, part.id);
        queued.batch.events()
    });
    assert_eq!(events.sum::<u64>(), large.events());
}

#[test]
fn of_two_counters_one_tells_the_views_that_were_dropped() {
    let (store, posts) = store(1);
    let broker = Broker::new(1);
    let opened = open(None, &store, &Arc::new(Metrics::new(1)));
    let sink = opened.sink(Arc::clone(&store) as _, true);
    let queue = start(opened, &broker, &store, true);
    std::thread::scope(|scope| {
        for counter in 0..8_u64 {
            let (sink, posts) = (&sink, &posts);
            scope.spawn(move || {
                for number in 0..20 {
                    let mut batch = batch(posts, 0, 10);
                    let place = (counter * 20 + number) * 10;
                    batch.journaled.add(RunId(1), place..place + 10);
                    batch
                        .journaled
                        .add_dropped(RunId(1), 100 + number, TimestampMs(0));
                    sink.write(&batch).unwrap();
                }
            });
        }
    });
    wait_for("all is counted", || accounted(&*store) >= 8 * 20 * 10 + 119);
    assert_eq!(queue.stop(Instant::now() + LIMIT), None);
    assert_eq!(accounted(&*store), 8 * 20 * 10 + 119);
    let ledger = store.site_stats().unwrap().uncounted;
    assert_eq!(ledger.get(Reason::Dropped), 119);
}

#[test]
fn a_partition_that_goes_well_says_nothing_of_another() {
    let (store, _) = store(1);
    let broker = Broker::new(2);
    // A message that nobody here may take away.
    let other =
        super::message::encode(&batch(&[1], 0, 3), 77, 1 << 20, TimestampMs(i64::MAX >> 20));
    let bytes = other.unwrap().remove(0).bytes;
    broker.state().partitions[0].push(bytes);
    let queue = start(
        open(None, &store, &Arc::new(Metrics::new(1))),
        &broker,
        &store,
        true,
    );
    let health = Arc::clone(queue.health());
    wait_for("it is told", || health.consuming_failure().is_some());
    let said = health.consuming_failure().unwrap();
    assert!(said.contains("another database"), "{said}");
    assert_eq!(store.count_set_aside().unwrap(), 0);
    queue.stop(Instant::now() + LIMIT);
}

/// A store to which more than one batch is too much for its time limit.
struct Slow(Arc<dyn Store>);

impl QueueStore for Slow {
    fn share_partitions(
        &self,
        queue: &str,
        node: i64,
        count: u32,
    ) -> Result<Vec<Lease>, SinkError> {
        self.0.share_partitions(queue, node, count)
    }

    fn leave_queue(&self, queue: &str, node: i64) -> Result<(), SinkError> {
        self.0.leave_queue(queue, node)
    }

    fn apply_delivery(&self, delivery: &Delivery) -> Result<Delivered, SinkError> {
        if delivery.batches.len() > 1 {
            std::thread::sleep(LONG_TRY);
            return Err(SinkError::Unavailable("no answer in time".to_owned()));
        }
        self.0.apply_delivery(delivery)
    }

    fn set_aside(&self, after: i64, limit: usize) -> Result<Vec<SetAside>, SinkError> {
        self.0.set_aside(after, limit)
    }

    fn count_set_aside(&self) -> Result<i64, SinkError> {
        self.0.count_set_aside()
    }

    fn set_aside_bytes(&self, id: i64) -> Result<Option<Vec<u8>>, SinkError> {
        self.0.set_aside_bytes(id)
    }

    fn apply_set_aside(&self, id: i64, batch: &QueuedBatch) -> Result<Delivered, SinkError> {
        self.0.apply_set_aside(id, batch)
    }

    fn drop_set_aside(&self, id: i64) -> Result<bool, SinkError> {
        self.0.drop_set_aside(id)
    }

    fn prune_messages(&self, age: i64) -> Result<bool, SinkError> {
        self.0.prune_messages(age)
    }
}

#[test]
fn a_delivery_that_takes_too_long_as_a_whole_is_applied_batch_by_batch() {
    let (store, posts) = store(2);
    let broker = Broker::new(1);
    let metrics = Arc::new(Metrics::new(1));
    let opened = open(None, &store, &metrics);
    let sink = opened.sink(Arc::clone(&store) as _, true);
    for number in 0..5 {
        sink.write(&batch(&posts, number * 10, 10)).unwrap();
    }
    let sending = start(opened, &broker, &store, false);
    assert_eq!(sending.stop(Instant::now() + LIMIT), None);
    assert_eq!(broker.messages(), 5);
    let slow = Arc::new(Slow(Arc::clone(&store)));
    let opened = open(None, &store, &metrics);
    let name = "fake".to_owned();
    let queue = opened.start_with(broker.engine(), name, slow, metrics, true);
    let queue = queue.unwrap();
    wait_for("all is counted", || accounted(&*store) == 50);
    assert_eq!(queue.stop(Instant::now() + LIMIT), None);
}
