//! Kills, in all that may be going on meanwhile: what a client has read is counted, or in the ledger, exactly once.

use std::time::Duration;

use super::kill::{Kill, Outcome};
use crate::support::{Home, Signal, until};

const MS: fn(u64) -> Duration = Duration::from_millis;

#[test]
fn a_killed_server_has_lost_nothing_that_was_read() {
    let outcome = Kill::default().run();
    assert_eq!(outcome.dropped, 0, "{outcome:?}");
    assert!(
        outcome.log.contains("an earlier run had left"),
        "{outcome:?}"
    );
}

#[test]
fn one_that_stood_still_before_has_lost_nothing() {
    let kill = Kill {
        stopped_before: true,
        ..Kill::default()
    };
    assert_eq!(kill.run().dropped, 0);
}

#[test]
fn one_that_could_not_write_has_lost_nothing() {
    let kill = Kill {
        locked: true,
        ..Kill::default()
    };
    let outcome = kill.run();
    assert_eq!(outcome.dropped, 0, "{outcome:?}");
}

#[test]
fn a_recovery_that_is_killed_is_begun_again_and_counts_once() {
    let kill = Kill {
        locked: true,
        recoveries_killed: &[MS(15), MS(40), MS(80)],
        ..Kill::default()
    };
    assert_eq!(kill.run().dropped, 0);
}

#[test]
fn at_the_limit_of_the_journal_what_is_not_counted_is_in_the_ledger() {
    let kill = Kill {
        locked: true,
        after: MS(4000),
        padding: 170,
        flags: &[("--journal-max", "8MiB")],
        ..Kill::default()
    };
    let outcome = kill.run();
    assert!(
        outcome.dropped > 0,
        "the limit was not reached: {outcome:?}"
    );
}

#[test]
fn repeats_within_a_window_are_told_from_views_after_a_kill() {
    let kill = Kill {
        reads: 2,
        flags: &[("--dedup-window", "24h"), ("--counters", "4")],
        ..Kill::default()
    };
    let outcome = kill.run();
    assert!(outcome.duplicates > 0, "{outcome:?}");
}

#[test]
fn with_several_counters_and_a_full_channel_nothing_is_lost_either() {
    for overflow in ["wait", "shed", "coalesce"] {
        let kill = Kill {
            after: MS(400),
            flags: &[
                ("--overflow", overflow),
                ("--counters", "4"),
                ("--queue-capacity", "8"),
            ],
            ..Kill::default()
        };
        let outcome = kill.run();
        assert!(
            overflow == "shed" || outcome.dropped == 0,
            "{overflow}: {outcome:?}"
        );
    }
}

#[test]
fn an_idle_server_that_is_killed_has_nothing_to_recover() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    for _ in 0..10 {
        assert_eq!(server.get("/posts/hello").status, 200);
    }
    until("the views are counted", || server.views("hello") == 10);
    server.signal(Signal::Kill);
    server.wait();
    let server = home.serve().start();
    assert_eq!(server.views("hello"), 10);
    assert_eq!(server.metric("recovered_events_total"), 0);
}

#[test]
#[ignore = "slow: make test-long"]
fn two_hundred_killed_servers_have_lost_nothing() {
    let mut all = Vec::new();
    for round in 0..200_u64 {
        let counters = if round % 3 == 0 { "4" } else { "1" };
        let overflow = ["coalesce", "wait", "shed"][round as usize % 3];
        let window = if round % 5 == 0 { "24h" } else { "0" };
        let size = if round % 7 == 0 { "8MiB" } else { "256MiB" };
        let after = MS(mixed(round) % 600 + 50);
        let recoveries = [MS(mixed(round + 1) % 60 + 2), MS(mixed(round + 2) % 90 + 2)];
        let kill = Kill {
            clients: 64,
            after,
            flags: &[
                ("--counters", counters),
                ("--overflow", overflow),
                ("--dedup-window", window),
                ("--journal-max", size),
            ],
            padding: if round % 7 == 0 { 170 } else { 0 },
            reads: if round % 5 == 0 { 2 } else { 1 },
            stopped_before: round % 4 == 1,
            locked: round % 4 >= 2,
            recoveries_killed: if round % 4 == 3 { &recoveries } else { &[] },
        };
        all.push(kill.run());
    }
    let sum = |of: fn(&Outcome) -> i64| all.iter().map(of).sum::<i64>();
    println!(
        "{} rounds: {} read, {} viewers counted, {} duplicates, {} dropped, {} not answered",
        all.len(),
        sum(|outcome| outcome.received),
        sum(|outcome| outcome.counted),
        sum(|outcome| outcome.duplicates),
        sum(|outcome| outcome.dropped),
        sum(|outcome| outcome.unanswered),
    );
}

/// A number for a round: the same each time, so that a round that fails can be run again.
fn mixed(round: u64) -> u64 {
    round
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407)
        >> 33
}
