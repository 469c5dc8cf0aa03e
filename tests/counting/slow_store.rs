//! The counters over a store that is slow, and with a million views pending.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Client, Home, Load, Lock, Server, http, let_pass, until};

/// Takes the database away from everybody else most of the time, as a store across a slow network is.
fn slow_down(home: &Home, stop: &AtomicBool) {
    let mut database = home.database();
    while !stop.load(Ordering::Relaxed) {
        database.execute("BEGIN IMMEDIATE");
        let_pass(Duration::from_millis(150));
        database.execute("COMMIT");
        let_pass(Duration::from_millis(5));
    }
}

/// Counters start one by one while the channel stays full, each `scale_after` after the one before, and retire.
fn grow_and_retire(scale_after: Duration, retire_after: Duration) {
    let home = Home::new();
    let server = home
        .serve()
        .flag("--queue-capacity", "8")
        .flag("--batch-max", "16")
        .flag("--max-counters", "4")
        .flag("--scale-after", &format!("{}ms", scale_after.as_millis()))
        .flag("--retire-after", &format!("{}ms", retire_after.as_millis()))
        .start();
    server.create("hello", "text");
    let running = || server.metric("counters_running");
    assert_eq!(running(), 1);
    let stop = AtomicBool::new(false);
    let received = std::thread::scope(|scope| {
        scope.spawn(|| slow_down(&home, &stop));
        let started = Instant::now();
        let load = Load::start(server.address, 8, &["/posts/hello".to_owned()]);
        let mut grown = Vec::new();
        for wanted in 2..=4 {
            until("one more counter runs", || {
                assert!(running() <= wanted, "they grow one by one");
                running() == wanted
            });
            grown.push(started.elapsed());
        }
        stop.store(true, Ordering::Relaxed);
        println!("counters started after {grown:?}");
        assert!(grown[0] >= scale_after, "{grown:?}");
        assert!(
            grown
                .windows(2)
                .all(|pair| pair[1] - pair[0] >= scale_after.mul_f64(0.9)),
            "{grown:?}"
        );
        load.finish().answered()
    });
    until("they retire again", || running() == 1);
    assert_eq!(server.metric("counters_started_total"), 3);
    assert_eq!(server.metric("counters_retired_total"), 3);
    assert_eq!(server.stop().code, Some(0));
    let mut database = home.database();
    assert_eq!((database.views(), database.ledger()), (received, 0));
}

#[test]
fn counters_grow_one_by_one_while_the_store_is_slow_and_retire_again() {
    grow_and_retire(Duration::from_millis(300), Duration::from_millis(600));
}

#[test]
#[ignore = "slow: make test-long"]
fn with_the_real_times_they_grow_every_three_seconds() {
    grow_and_retire(Duration::from_secs(3), Duration::from_secs(5));
}

const MILLION: usize = 1_000_000;
const POSTS: usize = 1_000;
const READERS: usize = 8;

/// One reader's share of a million reads, each of another viewer: a hundred requests at a time, then their answers.
fn read_share(server: &Server, reader: usize) {
    let share = MILLION / READERS;
    let mut client: Client = server.connect();
    for first in (0..share).step_by(100) {
        let requests: Vec<u8> = (first..first + 100)
            .flat_map(|number| {
                let viewer = format!(
                    "2001:db8::{reader:x}:{:x}:{:x}",
                    number >> 16,
                    number & 0xffff
                );
                let path = format!("/posts/post-{:07}", 1 + number % POSTS);
                http::request_bytes("GET", &path, &[("X-Forwarded-For", &viewer)], b"")
            })
            .collect();
        client.send(&requests).expect("sent");
        for _ in 0..100 {
            let answer = client.read().expect("whole").expect("an answer");
            assert_eq!(answer.status, 200);
        }
    }
}

/// No two of these views can be merged: a million rows wait in memory when the database is released. The time has the
/// pause before the next try in it, up to three seconds.
#[test]
#[ignore = "slow: make test-long"]
fn a_million_views_of_as_many_viewers_are_committed_within_twenty_seconds() {
    let home = Home::new();
    let mut database = crate::support::seed::empty_database(&home);
    crate::support::seed::posts(&mut database, i64::try_from(POSTS).expect("few"));
    drop(database);
    let server = home
        .serve()
        .flag("--trust-proxy", "127.0.0.1")
        .flag("--queue-capacity", &MILLION.to_string())
        .flag("--max-counters", "1")
        .start();
    // Each post is in memory before the database is not to be had.
    for post in 1..=POSTS {
        let path = format!("/posts/post-{post:07}?count=false");
        assert_eq!(server.get(&path).status, 200);
    }
    let before = server.memory();
    let lock = Lock::hold(&home.database_file());
    let server_ref = &server;
    std::thread::scope(|scope| {
        for reader in 0..READERS {
            scope.spawn(move || read_share(server_ref, reader));
        }
    });
    let pending = server.memory();
    assert_eq!(home.database().views(), 0, "all of them wait");
    let released = Instant::now();
    lock.release();
    let mut after = home.database();
    let million = i64::try_from(MILLION).expect("fits");
    until("all are counted", || after.views() == million);
    let took = released.elapsed();
    println!(
        "a million pending rows took {} MiB, and were committed in {took:?}",
        pending.saturating_sub(before) / 1024
    );
    assert!(took < Duration::from_secs(20), "{took:?}");
    let rows = "SELECT count(*) AS number FROM viewings";
    assert_eq!(after.number(rows), million, "a row each");
    assert_eq!(server.stop().code, Some(0));
    assert_eq!((after.views(), after.ledger()), (million, 0));
}
