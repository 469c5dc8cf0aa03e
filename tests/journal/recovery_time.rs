//! How long a start takes that has a million events to count.

use std::time::{Duration, Instant};

use crate::support::{Home, Lock, Server, Signal, http, seed, twice};

const EVENTS: usize = 1_000_000;

/// Requests sent at once on a connection.
const BURST: usize = 1000;

/// Reads posts in turn, `clients` connections at once.
fn read(server: &Server, posts: usize) {
    const CLIENTS: usize = 4;
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || {
                let mut connection = server.connect();
                for burst in 0..EVENTS / CLIENTS / BURST {
                    let first = (client * EVENTS / CLIENTS) + burst * BURST;
                    let requests: Vec<u8> = (first..first + BURST)
                        .flat_map(|number| {
                            let path = format!("/posts/{}", number % posts + 1);
                            http::request_bytes("GET", &path, &[], b"")
                        })
                        .collect();
                    let mut reader = connection.twin();
                    std::thread::scope(|scope| {
                        scope.spawn(|| connection.send(&requests).expect("sent"));
                        for _ in 0..BURST {
                            let answer = reader.read().expect("an answer").expect("a whole one");
                            assert_eq!(answer.status, 200);
                        }
                    });
                }
            });
        }
    });
}

/// Kills a server that a million reads of so many posts wait in, and returns how long the next start takes.
fn recovery(posts: usize) -> Duration {
    let home = Home::new();
    let mut database = seed::empty_database(&home);
    seed::posts(&mut database, posts as i64);
    let server = home.serve().start();
    let lock = Lock::hold(&home.database_file());
    read(&server, posts);
    server.signal(Signal::Kill);
    server.wait();
    lock.release();
    assert_eq!(home.database().views(), 0);
    let start = Instant::now();
    let server = home.serve().start();
    let took = start.elapsed();
    assert_eq!(
        home.database().views(),
        EVENTS as i64,
        "before the first request"
    );
    assert_eq!(server.metric("recovered_events_total"), EVENTS);
    assert_eq!(server.stop().code, Some(0));
    took
}

#[test]
#[ignore = "a million reads; run by make test-long"]
fn a_million_events_are_counted_within_a_second_of_the_start() {
    for posts in [1, 1000] {
        twice("a start with a million events in the journal", || {
            let took = recovery(posts);
            println!("{posts} posts: {took:?}");
            match took > Duration::from_secs(1) {
                true => Err(format!("with {posts} posts it took {took:?}")),
                false => Ok(()),
            }
        });
    }
}
