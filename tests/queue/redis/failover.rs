//! A primary that Sentinels watch, and its replica in its place.

use std::time::{Duration, Instant};

use viewtally::internals::queue::{Outgoing, Reader};

use super::tools::{assert_all_came, connect, numbered, receive_all, send_at_last, server, take};
use crate::queue::conformance::calls::{MANY_BYTES, SLACK, WAIT, read, send};
use crate::support::postgres::free_port;
use crate::support::redis_server::RedisServer;
use crate::support::{until, until_within};

/// A primary with a replica, and a Sentinel that knows both.
struct Watched {
    primary: RedisServer,
    replica: RedisServer,
    sentinel: RedisServer,
}

impl Watched {
    fn start() -> Option<Watched> {
        let primary = server(&[])?;
        let port = primary.port().to_string();
        let replica = server(&["--replicaof", "127.0.0.1", &port])?;
        until("the replica is connected", || {
            replica
                .ask(&["INFO", "replication"])
                .contains("master_link_status:up")
        });
        let sentinel = RedisServer::sentinel_of(&primary)?;
        until("the Sentinel knows the replica", || {
            sentinel
                .ask(&["SENTINEL", "REPLICAS", "main"])
                .contains("127.0.0.1")
        });
        Some(Watched {
            primary,
            replica,
            sentinel,
        })
    }

    fn url(&self, parameters: &str) -> String {
        // The first Sentinel is away.
        let (away, sentinel) = (free_port(), self.sentinel.port());
        format!("redis+sentinel://127.0.0.1:{away},127.0.0.1:{sentinel}/main{parameters}")
    }

    fn names(&self, server: &RedisServer) -> bool {
        let named = self
            .sentinel
            .ask(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main"]);
        named.ends_with(&server.port().to_string())
    }
}

#[test]
fn a_replica_takes_over_and_nothing_that_it_had_acknowledged_is_lost() {
    let Some(watched) = Watched::start() else {
        return;
    };
    let url = watched.url("?replicas=1&partitions=2");
    let mut engine = connect(&url);
    let sent = 400;
    for start in (0..sent / 2).step_by(5) {
        send(engine.producer.as_mut(), &numbered(start..start + 5));
    }
    let mut reader = read(&engine, 0, None);
    let before = take(reader.as_mut(), 4);
    watched.primary.kill();
    let start = Instant::now();
    until_within(Duration::from_secs(30), "the replica is named", || {
        watched.names(&watched.replica)
    });
    // One replica is asked for, and there is none left.
    let waiting = numbered(sent / 2..sent / 2 + 5);
    let deadline = Instant::now() + Duration::from_secs(1);
    let refused = engine
        .producer
        .send(&waiting, deadline)
        .expect_err("there is no replica");
    assert!(!refused.to_string().is_empty());
    watched.primary.start_again();
    for start in (sent / 2..sent).step_by(5) {
        send_at_last(&mut engine, &numbered(start..start + 5));
    }
    println!("it took over and was sent to after {:?}", start.elapsed());
    // The reader of before goes on, from the beginning: the new primary has numbers of its own.
    let again = take(reader.as_mut(), 4);
    assert_eq!(again[0].bytes, before[0].bytes);
    assert_all_came(&receive_all(&engine, 2), sent);
}

/// Waits until a reader, which may have to find another server first, receives this message.
fn wait_for(reader: &mut dyn Reader, message: &Outgoing) {
    until("the reader follows", || {
        let received = reader.receive(MANY_BYTES, WAIT).unwrap_or_default();
        received.iter().any(|one| one.bytes == message.bytes)
    });
}

#[test]
fn a_primary_that_hangs_is_left_and_one_that_comes_back_is_not_gone_back_to() {
    let Some(watched) = Watched::start() else {
        return;
    };
    let mut engine = connect(&watched.url(""));
    send(engine.producer.as_mut(), &numbered(0..10));
    let mut reader = read(&engine, 0, None);
    take(reader.as_mut(), 10);
    // What no replica has is lost with its primary.
    until("the replica has them", || {
        watched.replica.ask(&["XLEN", "viewtally:{0}"]) == "10"
    });
    watched.primary.freeze();
    until_within(Duration::from_secs(30), "the replica is named", || {
        watched.names(&watched.replica)
    });
    send_at_last(&mut engine, &numbered(10..20));
    wait_for(reader.as_mut(), &numbered(19..20)[0]);
    watched.primary.go_on();
    until("it is a replica", || {
        let role = watched.primary.try_ask(&["ROLE"]);
        role.is_ok_and(|role| role.starts_with("slave"))
    });
    send_at_last(&mut engine, &numbered(20..30));
    assert_all_came(&receive_all(&engine, 1), 30);
}

#[test]
fn a_switch_by_hand_is_followed_though_the_old_primary_answers() {
    let Some(watched) = Watched::start() else {
        return;
    };
    let mut engine = connect(&watched.url(""));
    send(engine.producer.as_mut(), &numbered(0..10));
    let mut reader = read(&engine, 0, None);
    take(reader.as_mut(), 10);
    until("the Sentinel has heard enough of the replica", || {
        let told = watched.sentinel.try_ask(&["SENTINEL", "FAILOVER", "main"]);
        told.is_ok()
    });
    until("the replica is named", || watched.names(&watched.replica));
    send_at_last(&mut engine, &numbered(10..20));
    // Sentinels are asked again every few seconds, so that who reads from the old one does not go on for ever.
    let start = Instant::now();
    wait_for(reader.as_mut(), &numbered(19..20)[0]);
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn sentinels_that_are_away_disturb_nobody_who_knows_the_primary() {
    let Some(watched) = Watched::start() else {
        return;
    };
    let mut engine = connect(&watched.url(""));
    send(engine.producer.as_mut(), &numbered(0..1));
    watched.sentinel.freeze();
    let start = Instant::now();
    let mut sends = 1;
    // Longer than what was told is taken for true.
    while start.elapsed() < Duration::from_secs(7) {
        let start = Instant::now();
        send(engine.producer.as_mut(), &numbered(sends..sends + 1));
        assert!(start.elapsed() < SLACK, "{:?}", start.elapsed());
        sends += 1;
    }
    let mut late = connect(&watched.url(""));
    let start = Instant::now();
    let failed = late
        .producer
        .send(&numbered(0..1), start + Duration::from_secs(3));
    assert!(failed.is_err() && start.elapsed() < Duration::from_secs(3) + SLACK);
    watched.sentinel.go_on();
    let unknown = watched.url("").replace("/main", "/other");
    let failed = connect(&unknown)
        .producer
        .send(&numbered(0..1), Instant::now() + SLACK);
    let error = failed.expect_err("there is no such name").to_string();
    assert!(error.contains("knows no master \"other\""), "{error}");
}
