//! `--drain-timeout` is one deadline for all that a stop waits for, so a supervisor that allows a second more never has
//! to kill it.

use std::time::Duration;

use crate::support::http::BEARER;
use crate::support::{Client, Finished, Home, Lock, Server, twice, until};

const READS: usize = 64;

/// Counters that each hold a batch, and a database that takes none of them.
fn stopped_while_locked(counters: &str) -> Finished {
    let home = Home::new();
    let server = home
        .serve()
        .flags(&[
            ("--counters", counters),
            ("--flush-every", "1ms"),
            ("--drain-timeout", "2s"),
        ])
        .start();
    server.create("hello", "text");
    let lock = Lock::hold(&home.database_file());
    let mut client = server.connect();
    for _ in 0..READS {
        assert_eq!(client.get("/posts/hello").status, 200);
    }
    let finished = server.stop();
    lock.release();
    assert_eq!(finished.code, Some(3), "{finished:?}");
    assert!(
        finished.stderr.contains(&format!("{READS} views")),
        "all are kept: {}",
        finished.stderr
    );
    let server = home.serve().start();
    assert_eq!(server.views("hello"), i64::try_from(READS).expect("few"));
    finished
}

fn at_most(finished: &Finished, limit: Duration) -> Result<(), String> {
    println!("the drain took {:?}", finished.took);
    if finished.took > limit {
        return Err(format!("the drain took {:?}", finished.took));
    }
    Ok(())
}

#[test]
fn a_drain_ends_within_a_second_of_its_timeout_whatever_the_number_of_counters() {
    for counters in ["1", "16"] {
        twice("a drain of 2 s", || {
            at_most(&stopped_while_locked(counters), Duration::from_secs(3))
        });
    }
}

/// Half of a post's body, as large as the server reads it on a thread or so small that it waits for it without one.
fn half_sent(server: &Server, length: usize) -> Client {
    let mut client = server.connect();
    let head = format!(
        "POST /posts HTTP/1.1\r\nHost: localhost\r\n{BEARER}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    client.send(head.as_bytes()).expect("sent");
    client.send(&vec![b' '; length / 2]).expect("sent");
    client
}

#[test]
fn half_sent_bodies_delay_a_drain_by_half_of_its_timeout_at_most() {
    twice("a drain of 4 s", || {
        let home = Home::new();
        let server = home.serve().flag("--drain-timeout", "4s").start();
        server.create("hello", "text");
        let clients: Vec<Client> = (0..100)
            .map(|number| half_sent(&server, [200, 100_000][number % 2]))
            .collect();
        until("all are in flight", || {
            server.metric("http_requests_in_flight") > clients.len()
        });
        assert_eq!(server.get("/posts/hello").status, 200);
        let finished = server.stop();
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert_eq!(home.database().views(), 1);
        drop(clients);
        at_most(&finished, Duration::from_secs(3))
    });
}
