//! How many messages views cost, with the server's own defaults: each is paid for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use viewtally::cli::{Cli, Command};
use viewtally::config::Config;
use viewtally::internals::queue::OpenQueue;
use viewtally::internals::{
    BatchSink, CachedStore, CounterPool, EventSender, EventSink, Metrics, SinkHealth, StoreOptions,
    TimestampMs, ViewEvent, Viewer, open,
};

use super::scripted::{Scripted, ids};

/// Events a second.
const RATE: usize = 100_000;

/// For so long.
const TIME: Duration = Duration::from_secs(3);

/// The longest message of a queue as it is made by default, and as every queue takes it.
const USUAL: &str = "1048576";
const LEAST: &str = "262144";

const POSTS: usize = 10_000;

/// Between two bursts.
const TICK: Duration = Duration::from_millis(5);

/// Nothing here takes longer, or something is wrong.
const LIMIT: Duration = Duration::from_secs(60);

const START: i64 = 1_700_000_000_000;

/// The server's settings with a queue there, and no other flag.
fn defaults(queue: &str) -> Config {
    let cli = Cli::try_parse_from([
        "viewtally",
        "--store",
        "sqlite::memory:",
        "serve",
        "--queue",
        queue,
    ]);
    let cli = cli.expect("the flags are known");
    match cli.command {
        Some(Command::Serve(flags)) => Config::new(*flags, cli.store).expect("the flags are valid"),
        other => panic!("{other:?} is no server"),
    }
}

fn send_one(sender: &EventSender, number: usize, viewer: Option<Viewer>) {
    let event = ViewEvent {
        post: 1 + fastrand::i64(0..POSTS as i64),
        at: TimestampMs(START + number as i64 / 100),
        viewer,
        uncounted: None,
    };
    sender.send(sender.record(event), &mut || {});
}

/// Sends at [`RATE`] for [`TIME`]; answers how many events that were.
fn send(sender: &EventSender, viewer: impl Fn() -> Option<Viewer>) -> usize {
    let each_tick = RATE * TICK.as_millis() as usize / 1000;
    let start = Instant::now();
    let mut sent = 0;
    while start.elapsed() < TIME {
        for _ in 0..each_tick {
            send_one(sender, sent, viewer());
            sent += 1;
        }
        let due = start + TICK * u32::try_from(sent / each_tick).expect("few ticks");
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    sent
}

/// Asserts that more than so many events go into a message of at most `limit` bytes.
fn assert_cheap(load: &str, limit: &str, least: usize, viewer: impl Fn() -> Option<Viewer>) {
    let server = Scripted::start();
    let attributes = format!(r#"{{"Attributes":{{"MaximumMessageSize":"{limit}"}}}}"#);
    server.answer("GetQueueAttributes", 200, &attributes);
    let config = defaults(&server.url("views"));
    let metrics = Arc::new(Metrics::new(config.counting.queue_capacity));
    let store = open(&config.store, StoreOptions::default()).expect("a store");
    let database = store.database_id().expect("it has one");
    let opened = OpenQueue::open(None, database, config.queue_options, Arc::clone(&metrics));
    let opened = opened.expect("it is in memory");
    let sink = Arc::new(opened.sink(Arc::clone(&store) as _, true));
    let cached = Arc::new(CachedStore::new(store, 1 << 20));
    let url = config.queue.expect("one was given");
    let queue = opened.start(&url, cached, Arc::clone(&metrics), false);
    let queue = queue.expect("a thread");
    let health = Arc::new(SinkHealth::default());
    let started = CounterPool::start(
        config.counting,
        Arc::clone(&sink) as _,
        None,
        metrics,
        health,
    );
    let (pool, sender) = started.expect("threads");

    // What the queue takes is known from the first send on.
    send_one(&sender, 0, None);
    assert!(sink.wait_until_accepted(0, Instant::now() + LIMIT));
    let start = Instant::now();
    let sent = send(&sender, viewer);
    let took = start.elapsed();
    pool.drain_by(Instant::now() + LIMIT);
    sender.close();
    assert_eq!(pool.join().batch.events(), 0);
    assert_eq!(queue.stop(Instant::now() + LIMIT), None);

    let mut calls = server.asked("SendMessageBatch");
    calls.remove(0);
    let messages: usize = calls.iter().map(|call| ids(&call.body).len()).sum();
    let bytes: usize = calls.iter().map(|call| call.body.len()).sum();
    println!(
        "{load}, {limit} bytes: {sent} events in {took:.1?}: {messages} messages, of {} bytes each, in {} calls",
        bytes / messages,
        calls.len()
    );
    // A machine that is too slow for the rate makes as many messages a second of fewer events.
    let at_rate = (took.as_secs_f64() * RATE as f64) as usize;
    assert!(
        messages * least < at_rate,
        "{load}, {limit} bytes: {messages} messages"
    );
}

#[test]
fn a_hundred_thousand_events_a_second_cost_fewer_than_ten_messages() {
    assert_cheap("no viewers", LEAST, 10_000, || None);
    assert_cheap("returning viewers", USUAL, 10_000, || viewer(30_000));
    assert_cheap("new viewers", USUAL, 10_000, || viewer(i64::MAX));
    // What viewers are known by cannot be coalesced, and fills so short a message sooner.
    assert_cheap("new viewers", LEAST, 8_000, || viewer(i64::MAX));
}

/// One of so many.
fn viewer(count: i64) -> Option<Viewer> {
    Some(Viewer::Anonymous(-1 - fastrand::i64(0..count)))
}
