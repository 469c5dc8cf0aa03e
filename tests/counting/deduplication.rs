//! Repeats: `--dedup-window`, exact with any number of counters, across restarts; and the ledger as a whole.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::launch::Launch;
use crate::support::{Client, Home, Server, until};

/// A window that lasts from 1970 to 2069, so that no test runs on both sides of an edge.
fn endless(launch: Launch<'_>) -> Launch<'_> {
    launch
        .flag("--dedup-window", "36500d")
        .flag("--keep-viewings", "36500d")
}

#[test]
fn a_repeat_inside_the_window_goes_to_the_ledger() {
    let home = Home::new();
    let server = endless(home.serve()).start();
    server.create("hello", "text");
    let read = |name: &str| {
        let answer = server
            .connect()
            .request("GET", "/posts/hello", &[("Viewer-Id", name)], b"");
        assert_eq!(
            answer.header("View-Outcome"),
            Some("accepted"),
            "the store decides about repeats, later"
        );
    };
    for name in ["ann", "ann", "bob", "ann"] {
        read(name);
    }
    // Nobody in particular has no repeats.
    for _ in 0..2 {
        server
            .connect()
            .request("GET", "/posts/hello", &[("DNT", "1")], b"");
    }
    until("all are written", || {
        let numbers = server.get("/posts/hello/views").json();
        numbers["views"] == 4 && numbers["uncounted"]["duplicate"] == 2 && numbers["viewers"] == 2
    });
}

#[test]
fn the_windows_follow_each_other() {
    let home = Home::new();
    let server = home
        .serve()
        .flag("--dedup-window", "700ms")
        .flag("--flush-every", "10ms")
        .start();
    server.create("hello", "text");
    let start = std::time::Instant::now();
    let mut client = server.connect();
    // A reader who reloads all the time: once at the start, once a window after. Waiting for the time to pass is what
    // is tested; the bounds leave room for a slow machine.
    while start.elapsed() < Duration::from_millis(2000) {
        client.request("GET", "/posts/hello", &[("Viewer-Id", "ann")], b"");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The first and the last one are cut.
    let windows = start.elapsed().as_millis() / 700 + 2;
    assert_eq!(server.stop().code, Some(0));
    let views = home.database().views();
    assert!(
        (2..=i64::try_from(windows).expect("few")).contains(&views),
        "{views} of {windows}"
    );
}

/// Makes a database what it was before the set of windows.
const AS_BEFORE: &str = "DROP TABLE counted_windows;
    DROP TABLE meta;
    DELETE FROM __diesel_schema_migrations WHERE version = '00000000000003';
    UPDATE viewings SET counted_at = last;";

#[test]
fn an_older_database_still_knows_the_window_under_way() {
    let home = Home::new();
    let read = |server: &Server, name| {
        let header = [("Viewer-Id", name)];
        server
            .connect()
            .request("GET", "/posts/hello", &header, b"");
    };
    let server = home.serve().start();
    server.create("hello", "text");
    read(&server, "ann");
    assert_eq!(server.stop().code, Some(0));
    home.database().execute(AS_BEFORE);
    // A start without a window does not know which windows to take over.
    assert_eq!(home.serve().start().stop().code, Some(0));
    for (reader, views, duplicates) in [("ann", 1, 1), ("bob", 2, 1), ("ann", 2, 2)] {
        let server = endless(home.serve()).start();
        read(&server, reader);
        assert_eq!(server.stop().code, Some(0));
        let mut database = home.database();
        assert_eq!(
            (database.views(), database.uncounted("duplicate")),
            (views, duplicates)
        );
    }
}

const VIEWERS: usize = 100;
const POSTS: usize = 50;
const READS: usize = 20;
const CONNECTIONS: usize = 32;

/// Sends the share of `0..total` that is left, from many connections, in an order that mixes viewers and posts.
fn send(server: &Server, next: &AtomicUsize, until: usize) {
    let total = VIEWERS * POSTS * READS;
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut client = server.connect();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= until {
                        next.fetch_sub(1, Ordering::Relaxed);
                        return;
                    }
                    // 7,919 shares no factor with the total, so every number comes once, scattered.
                    let n = n * 7919 % total;
                    let (viewer, post) = (n % VIEWERS, n / VIEWERS % POSTS);
                    let name = format!("viewer-{viewer}");
                    let answer = client.request(
                        "GET",
                        &format!("/posts/post-{post}"),
                        &[("Viewer-Id", &name)],
                        b"",
                    );
                    assert_eq!(answer.status, 200);
                    if answer.closes() {
                        client = Client::connect(server.address);
                    }
                }
            });
        }
    });
}

#[test]
fn a_hundred_viewers_of_fifty_posts_are_counted_once_each_across_a_restart() {
    let home = Home::new();
    let launch = || endless(home.serve()).flag("--counters", "4").start();
    let server = launch();
    for post in 0..POSTS {
        server.create(&format!("post-{post}"), "text");
    }
    let next = AtomicUsize::new(0);
    let total = VIEWERS * POSTS * READS;
    send(&server, &next, total / 2);
    assert_eq!(server.stop().code, Some(0));
    let server = launch();
    send(&server, &next, total);
    assert_eq!(server.stop().code, Some(0));
    let mut database = home.database();
    assert_eq!(database.views(), 5_000);
    assert_eq!(database.uncounted("duplicate"), 95_000);
    assert_eq!(
        database.number("SELECT min(viewers) AS number FROM counts"),
        100
    );
    assert_eq!(
        database.number("SELECT max(viewers) AS number FROM counts"),
        100
    );
}

#[derive(Clone, Debug)]
enum Step {
    Read { viewer: u8 },
    Beacon { viewer: u8 },
    Crawl,
    Prefetch,
    Excluded,
    Correct { views: u16 },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..4u8).prop_map(|viewer| Step::Read { viewer }),
        3 => (0..4u8).prop_map(|viewer| Step::Beacon { viewer }),
        2 => Just(Step::Crawl),
        1 => Just(Step::Prefetch),
        1 => Just(Step::Excluded),
        1 => any::<u16>().prop_map(|views| Step::Correct { views }),
        1 => Just(Step::Restart),
    ]
}

/// Whatever happens in whatever order: every answer that could have been a view is a view or in the ledger.
#[test]
fn accepted_is_counted_and_everything_else_has_its_reason() {
    let config = Config {
        cases: 8,
        failure_persistence: None,
        ..Config::default()
    };
    let sequences = proptest::collection::vec(step(), 1..60);
    TestRunner::new(config)
        .run(&sequences, |steps| {
            let home = Home::new();
            let launch = || {
                let launch = endless(home.serve()).flag("--counters", "2");
                launch
                    .flag("--exclude", "192.0.2.1")
                    .flag("--trust-proxy", "127.0.0.1")
                    .start()
            };
            let mut server = launch();
            server.create("hello", "text");
            let mut expected = [0_i64; 4];
            let mut viewers = std::collections::HashSet::new();
            for step in &steps {
                let (method, path, header, place) = match step {
                    Step::Restart => {
                        prop_assert_eq!(server.stop().code, Some(0));
                        server = launch();
                        continue;
                    }
                    Step::Correct { views } => {
                        let number = serde_json::json!({"views": views, "reason": "by hand"});
                        let answer = server.send_json("PUT", "/posts/hello/views", &number);
                        prop_assert_eq!(answer.status, 200);
                        prop_assert_eq!(&answer.json()["views"], &number["views"]);
                        continue;
                    }
                    Step::Read { viewer } => (
                        "GET",
                        "/posts/hello",
                        ("Viewer-Id", format!("v{viewer}")),
                        0,
                    ),
                    Step::Beacon { viewer } => (
                        "POST",
                        "/posts/hello/views",
                        ("Viewer-Id", format!("v{viewer}")),
                        0,
                    ),
                    Step::Crawl => (
                        "GET",
                        "/posts/hello",
                        ("User-Agent", "Googlebot/2.1".to_owned()),
                        1,
                    ),
                    Step::Prefetch => (
                        "GET",
                        "/posts/hello",
                        ("Sec-Purpose", "prefetch".to_owned()),
                        2,
                    ),
                    Step::Excluded => (
                        "GET",
                        "/posts/hello",
                        ("X-Forwarded-For", "192.0.2.1".to_owned()),
                        3,
                    ),
                };
                if let Step::Read { viewer } | Step::Beacon { viewer } = step {
                    viewers.insert(*viewer);
                }
                server
                    .connect()
                    .request(method, path, &[(header.0, &header.1)], b"");
                expected[place] += 1;
            }
            prop_assert_eq!(server.stop().code, Some(0));
            let mut database = home.database();
            let counted = i64::try_from(viewers.len()).expect("few");
            // A number set by hand is no view: what was counted is in the hours, and the number is both together.
            let hours = database.number(
                "SELECT coalesce(sum(views), 0) AS number FROM hourly_views WHERE post > 0",
            );
            let by_hand =
                database.number("SELECT coalesce(sum(views), 0) AS number FROM corrections");
            prop_assert_eq!(hours, counted);
            prop_assert_eq!(database.views(), hours + by_hand);
            prop_assert_eq!(database.uncounted("duplicate"), expected[0] - counted);
            prop_assert_eq!(database.uncounted("bot"), expected[1]);
            prop_assert_eq!(database.uncounted("prefetch"), expected[2]);
            prop_assert_eq!(database.uncounted("excluded"), expected[3]);
            prop_assert_eq!(database.ledger() + hours, expected.iter().sum::<i64>());
            Ok(())
        })
        .expect("the ledger adds up");
}
