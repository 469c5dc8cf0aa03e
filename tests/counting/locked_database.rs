//! Another process holds the database: readers notice nothing, nothing is lost, memory stays bounded.

use std::time::Duration;

use crate::support::{Home, Load, LoadResult, Lock, Server, twice, until, until_within};

/// Starts a server with posts to read.
fn served(home: &Home, flags: &[(&str, &str)]) -> (Server, Vec<String>) {
    let server = home.serve().flags(flags).start();
    let slugs: Vec<String> = (0..50).map(|number| format!("post-{number}")).collect();
    for slug in &slugs {
        server.create(slug, &"text ".repeat(200));
    }
    let paths: Vec<String> = slugs.iter().map(|slug| format!("/posts/{slug}")).collect();
    // Every post is read once before the lock, as a post in use has been.
    for path in &paths {
        assert_eq!(server.get(&format!("{path}?count=false")).status, 200);
    }
    (server, paths)
}

/// A quiet span, then as long a one with the database held by another process; answers both and all received.
fn under_lock(
    home: &Home,
    server: Server,
    paths: &[String],
    clients: usize,
    held: Duration,
) -> (LoadResult, LoadResult) {
    let load = Load::start(server.address, clients, paths);
    load.run_for(Duration::from_millis(200));
    let quiet_from = load.elapsed();
    load.run_for(held.min(Duration::from_secs(5)));
    let quiet_to = load.elapsed();
    let lock = Lock::hold(&home.database_file());
    let locked_from = load.elapsed();
    load.run_for(held);
    let locked_to = load.elapsed();
    lock.release();
    let result = load.finish();
    assert_eq!(
        (result.refused, result.cut, result.unexpected.len()),
        (0, 0, 0),
        "a lock is no reader's business"
    );
    until("every view is counted", || {
        server.get("/views").json()["views"] == result.answered()
    });
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let mut database = home.database();
    assert_eq!(
        (database.views(), database.ledger()),
        (result.answered(), 0)
    );
    (
        result.between(quiet_from, quiet_to),
        result.between(locked_from, locked_to),
    )
}

#[test]
fn reads_go_on_while_another_process_holds_the_database() {
    let home = Home::new();
    let (server, paths) = served(&home, &[]);
    let (quiet, locked) = under_lock(&home, server, &paths, 8, Duration::from_millis(700));
    println!(
        "quiet: {}; locked: {}",
        quiet.latencies(),
        locked.latencies()
    );
    assert!(
        locked.quantile(0.5) < Duration::from_millis(100),
        "{}",
        locked.latencies()
    );
}

#[test]
fn posts_that_are_in_no_cache_are_read_while_another_process_holds_the_database() {
    let home = Home::new();
    let (server, paths) = served(&home, &[]);
    assert_eq!(server.stop().code, Some(0));
    let server = home.serve().start();
    let lock = Lock::hold(&home.database_file());
    for path in &paths {
        assert_eq!(server.get(path).status, 200);
    }
    assert_eq!(server.get("/posts").status, 200);
    assert_eq!(server.get("/views").status, 200);
    lock.release();
    until("every view is counted", || {
        server.get("/views").json()["views"] == paths.len()
    });
}

#[test]
fn a_write_while_another_process_holds_the_database_fails_politely() {
    let home = Home::new();
    let (server, _) = served(&home, &[]);
    let lock = Lock::hold(&home.database_file());
    let post = serde_json::json!({"title": "Late", "slug": "late", "body": "x"});
    let answer = server.send_json("POST", "/posts", &post);
    crate::support::assert_problem(&answer, 503);
    assert!(
        answer.header("Retry-After").is_some(),
        "{:?}",
        answer.headers
    );
    lock.release();
    until("it works again", || {
        server.send_json("POST", "/posts", &post).status == 201
    });
}

#[test]
fn readiness_tells_that_the_store_fails() {
    let home = Home::new();
    let (server, paths) = served(&home, &[]);
    assert_eq!(server.get("/readyz").status, 200);
    let lock = Lock::hold(&home.database_file());
    server.get(&paths[0]);
    until("readiness turns", || server.get("/readyz").status == 503);
    let answer = server.get("/readyz");
    crate::support::assert_no_internals(&answer.body);
    assert!(!answer.body.is_empty(), "it says why");
    assert_eq!(server.get("/healthz").status, 200, "alive all the same");
    assert_eq!(server.get(&paths[0]).status, 200, "and serving");
    lock.release();
    until("readiness turns back", || {
        server.get("/readyz").status == 200
    });
}

/// The bound: p99 within twice the quiet one, none over 100 ms.
#[test]
#[ignore = "slow: make test-long"]
fn reads_keep_their_pace_through_five_seconds_of_lock() {
    twice("five seconds of lock", || {
        let home = Home::new();
        let (server, paths) = served(&home, &[]);
        let (quiet, locked) = under_lock(&home, server, &paths, 64, Duration::from_secs(5));
        println!(
            "quiet:  {}\nlocked: {}",
            quiet.latencies(),
            locked.latencies()
        );
        let (before, during) = (quiet.quantile(0.99), locked.quantile(0.99));
        if during > before * 2 {
            return Err(format!("p99 {during:?} under the lock, {before:?} before"));
        }
        let slowest = locked.quantile(1.0);
        if slowest > Duration::from_millis(100) {
            return Err(format!("a read took {slowest:?} under the lock"));
        }
        Ok(())
    });
}

/// Reads through a minute of lock; memory may grow by so many MiB, of which so many may be left a minute later, and every
/// view is counted.
fn a_minute_of_lock(
    flags: &[(&str, &str)],
    start: fn(std::net::SocketAddr, usize, &[String]) -> Load,
    most: u64,
    left: u64,
) {
    let home = Home::new();
    let (server, paths) = served(&home, flags);
    let load = start(server.address, 64, &paths);
    load.run_for(Duration::from_secs(2));
    let before = server.peak_memory();
    let lock = Lock::hold(&home.database_file());
    load.run_for(Duration::from_secs(60));
    let after = server.peak_memory();
    lock.release();
    let result = load.finish();
    println!(
        "{}; peak memory {before} KiB before, {after} KiB after",
        result.latencies()
    );
    assert!(
        after < before + most * 1024,
        "memory grew from {before} to {after} KiB"
    );
    // Millions of rows of viewers.
    until_within(Duration::from_secs(300), "every view is counted", || {
        server.get("/views").json()["views"] == result.answered()
    });
    let peak = server.peak_memory();
    until_within(Duration::from_secs(60), "memory is given back", || {
        server.memory() < before + left * 1024
    });
    println!(
        "{peak} KiB at the peak of counting, {} KiB afterwards; {} views without their viewer",
        server.memory(),
        server.metric("views_without_viewer_total")
    );
    assert!(peak < before + most * 1024, "{peak} KiB while counting");
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let mut database = home.database();
    assert_eq!(
        (database.views(), database.ledger()),
        (result.answered(), 0)
    );
}

/// A channel of 1,000 fills within milliseconds; a minute of it must not show in memory.
#[test]
#[ignore = "slow: make test-long"]
fn a_minute_of_lock_neither_loses_nor_hoards() {
    a_minute_of_lock(&[("--queue-capacity", "1000")], Load::start, 16, 16);
}

/// Views of different viewers cannot be merged. Of those that wait, 256 MiB are kept, and the rest is an index that grows
/// and a batch that is sorted; afterwards the allocator gives back what was between them.
#[test]
#[ignore = "slow: make test-long"]
fn a_minute_of_lock_with_millions_of_viewers_is_bounded() {
    let flags = [("--queue-capacity", "1000"), ("--trust-proxy", "127.0.0.1")];
    a_minute_of_lock(&flags, Load::start_of_many_viewers, 384, 16);
}
