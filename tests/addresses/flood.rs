//! Addresses that somebody makes up: they make no more posts than a day may have, and no read waits for them.

use std::time::{Duration, Instant};

use super::views_of;
use crate::support::{Home, until};

const SITE: (&str, &str) = ("--site", "https://example.org");

/// The issue's own numbers: ten thousand addresses, a cap of a hundred, and the ledger has the rest.
#[test]
fn ten_thousand_addresses_make_a_hundred_posts_and_the_ledger_has_the_rest() {
    let home = Home::new();
    let server = home
        .serve()
        .flags(&[SITE, ("--max-new-posts", "100")])
        .start();
    let mut client = server.connect();
    let mut made = 0;
    let mut ids = std::collections::BTreeSet::new();
    let mut before = 0;
    for number in 0..10_000 {
        // What the first requests touch stays; nothing may be kept of the others.
        if number == 1_000 {
            before = server.memory();
        }
        let random = fastrand::u64(..);
        let path = views_of(&format!(
            "https://example.org/{random:x}/{number}-{}",
            "x".repeat(60)
        ));
        let answer = client.request("POST", &path, &[], b"");
        assert_eq!(answer.status, 202, "{}", answer.text());
        match answer.json()["post"].as_i64() {
            Some(id) => {
                made += 1;
                ids.insert(id);
            }
            None => {
                assert_eq!(answer.json()["outcome"], "dropped");
                assert_eq!(answer.header("View-Outcome"), Some("dropped"));
            }
        }
    }
    assert_eq!((made, ids.len()), (100, 100));
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 1 << 10, "{grown} KiB more");
    // Known pages count on, and posts that have no address yet get theirs.
    let known = server.create("known", "text");
    let answer = client.request("POST", &views_of("https://example.org/known"), &[], b"");
    assert_eq!(answer.json()["post"].as_i64(), Some(known));
    assert!(
        server.stderr().matches("--max-new-posts").count() == 1,
        "{}",
        server.stderr()
    );
    assert_eq!(server.stop().code, Some(0));
    let mut database = home.database();
    assert_eq!(database.number("SELECT count(*) AS number FROM posts"), 101);
    assert_eq!(
        (database.views(), database.uncounted("dropped")),
        (101, 9_900)
    );
    assert_eq!(
        database.views() + database.ledger(),
        10_001,
        "all that was answered"
    );
    assert_eq!(home.run(&["check"]).code, Some(0));
}

/// The cap is the store's: a restart, or another node, begins no day anew.
#[test]
fn a_restart_makes_no_more_posts_that_day() {
    let home = Home::new();
    let flags = [SITE, ("--max-new-posts", "2")];
    for (page, expected) in [("a", 2), ("b", 2)] {
        let server = home.serve().flags(&flags).start();
        for number in 0..3 {
            let path = views_of(&format!("https://example.org/{page}{number}"));
            server.connect().request("POST", &path, &[], b"");
        }
        assert_eq!(server.stop().code, Some(0));
        assert_eq!(
            home.database()
                .number("SELECT count(*) AS number FROM posts"),
            expected
        );
    }
    assert_eq!(home.database().uncounted("dropped"), 4);
}

/// A page that is known needs nothing of the store; nor do posts.
#[test]
fn known_pages_and_reads_do_not_wait_for_unknown_ones() {
    let home = Home::new();
    let server = home.serve().flags(&[SITE]).start();
    server.create("hello", "text");
    let mut client = server.connect();
    assert_eq!(client.get("/posts/hello").status, 200);
    let known = views_of("https://example.org/known");
    assert_eq!(client.request("POST", &known, &[], b"").status, 202);
    // Once it is read from memory.
    assert_eq!(client.request("POST", &known, &[], b"").status, 202);
    let lock = home.database();
    let mut lock = lock;
    lock.execute("BEGIN IMMEDIATE");
    let mut waiting: Vec<_> = (0..40).map(|_| server.connect()).collect();
    for (number, client) in waiting.iter_mut().enumerate() {
        let path = views_of(&format!("https://example.org/new/{number}"));
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        client.send(head.as_bytes()).expect("sent");
    }
    let start = Instant::now();
    for _ in 0..50 {
        assert_eq!(client.get("/posts/hello").status, 200);
        assert_eq!(client.request("POST", &known, &[], b"").status, 202);
    }
    let took = start.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    lock.execute("COMMIT");
    until("the views are counted", || server.views("known") >= 52);
    assert_eq!(server.stop().code, Some(0));
}
