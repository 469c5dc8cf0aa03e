//! `kill -9` under load: the database opens, nothing is counted twice, no more is lost than sat in memory.
//!
//! What sits in memory: an event is received at most `--flush-every` before its batch's transaction begins, and the
//! events that arrive while that transaction runs wait for the next one. So whatever was answered earlier than
//! `--flush-every` plus one commit (and the commit it waited for) before the kill is in the database. What is
//! answered to a client but not yet read by it is counted and not received: at most one response for each client.

use std::time::Duration;

use crate::support::{Home, Load, Signal, twice};

const FLUSH_EVERY: Duration = Duration::from_millis(100);

/// Two commits, one that an event waits for and its own; each takes a few milliseconds on a quiet machine.
const COMMITS: Duration = Duration::from_millis(200);

/// An error when more was lost than was received in the last `--flush-every` and two commits: a bound on time.
fn killed_under_load(clients: usize, time: Duration) -> Result<(), String> {
    let home = Home::new();
    let server = home.serve().start();
    let paths: Vec<String> = (0..20)
        .map(|number| {
            server.create(&format!("post-{number}"), "text");
            format!("/posts/post-{number}")
        })
        .collect();
    let load = Load::start(server.address, clients, &paths);
    load.run_for(time);
    let kill = load.elapsed();
    server.signal(Signal::Kill);
    let finished = server.wait();
    assert_eq!(finished.code, None, "killed: {finished:?}");
    let tally = load.finish();

    let server = home.serve().start();
    let views = server.get("/views").json()["views"]
        .as_i64()
        .expect("views");
    assert_eq!(server.stop().code, Some(0));
    let mut database = home.database();
    database.assert_sound();
    assert_eq!(database.views(), views);
    assert_eq!(database.ledger(), 0);

    let received = tally.answered();
    let in_flight = i64::try_from(clients).expect("few");
    let at_risk = tally
        .between(kill.saturating_sub(FLUSH_EVERY + COMMITS), Duration::MAX)
        .answered();
    println!(
        "{received} received, {views} counted, {at_risk} received in the last {:?}",
        FLUSH_EVERY + COMMITS
    );
    assert!(
        views <= received + in_flight,
        "{views} counted of {received} received: some were counted twice"
    );
    if received - views > at_risk {
        return Err(format!(
            "{} lost, of which memory held {at_risk}",
            received - views
        ));
    }
    Ok(())
}

#[test]
fn a_killed_server_loses_only_what_sat_in_memory() {
    twice("a kill", || {
        killed_under_load(8, Duration::from_millis(1200))
    });
}

#[test]
fn a_killed_server_keeps_what_was_counted_before_it_idled() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    for _ in 0..10 {
        assert_eq!(server.get("/posts/hello").status, 200);
    }
    crate::support::until("the views are counted", || server.views("hello") == 10);
    server.signal(Signal::Kill);
    server.wait();
    let server = home.serve().start();
    assert_eq!(server.views("hello"), 10);
}

#[test]
#[ignore = "slow: make test-long"]
fn ten_killed_servers_lose_only_what_sat_in_memory() {
    for run in 0..10 {
        twice("a kill", || {
            killed_under_load(64, Duration::from_millis(1000 + 137 * run))
        });
    }
}
