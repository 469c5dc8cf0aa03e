//! Starting on what is already there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::support::{Home, Lock, WAIT_LIMIT, let_pass, seed, twice, until};

const MANY: i64 = 1_000_000;

/// Fills a server's own empty database with posts, by SQL: over HTTP it would take minutes.
fn with_many_posts() -> Home {
    let home = Home::new();
    assert_eq!(home.serve().start().stop().code, Some(0));
    home.database().execute(&format!(
        "PRAGMA synchronous = OFF;
         BEGIN;
         CREATE TEMP TABLE numbers AS
             WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {MANY})
             SELECT n FROM number;
         INSERT INTO posts (id, slug, title, summary, body, tags, published_at, updated_at)
             SELECT n, 'post-' || n, 'Post ' || n, '', printf('%.200c', 'x'), '[\"tag\"]',
                 1600000000000 + n, 1600000000000 + n FROM numbers;
         INSERT INTO counts (post, views, viewers) SELECT n, n % 1000, 0 FROM numbers;
         COMMIT;"
    ));
    seed::sum_up_site(&mut home.database());
    home
}

#[test]
#[ignore = "slow: make test-long"]
fn a_million_posts_are_served_within_a_second_of_starting() {
    let home = with_many_posts();
    twice("a start on a million posts", || {
        let server = home.serve().start();
        let (started, memory) = (server.started_in, server.peak_memory());
        assert_eq!(server.get("/posts/post-777777?count=false").status, 200);
        assert_eq!(server.get("/posts/1?count=false").status, 200);
        assert_eq!(
            server.get("/posts").json()["items"]
                .as_array()
                .expect("items")
                .len(),
            20
        );
        assert_eq!(
            server.get("/posts?sort=views").json()["items"][0]["views"],
            999
        );
        assert_eq!(
            server.get("/views").json()["views"],
            MANY / 1000 * (999 * 1000 / 2)
        );
        let after = server.peak_memory();
        println!(
            "started in {started:.1?} with {memory} KiB, {after} KiB after the first requests"
        );
        assert!(after < 150 * 1024, "{after} KiB");
        assert_eq!(server.stop().code, Some(0));
        if started > Duration::from_secs(1) {
            Err(format!("the start took {started:?}"))
        } else {
            Ok(())
        }
    });
}

/// It would serve, and keep all views in memory for a spill.
#[test]
fn a_database_that_cannot_be_written_is_refused() {
    let home = Home::new();
    let post = home.write("hello.md", "# Hello");
    assert_eq!(home.run(&["import", "posts", "hello.md"]).code, Some(0));
    fs::remove_file(post).expect("removed");
    let permissions =
        |mode| fs::set_permissions(home.database_file(), fs::Permissions::from_mode(mode));
    permissions(0o444).expect("read-only");
    let arguments = ["serve", "--listen", "127.0.0.1:0"];
    let Some(finished) = home.run_without_privileges(&arguments) else {
        return;
    };
    assert_eq!(finished.code, Some(1), "{finished:?}");
    for word in ["viewtally.db", "readonly", "who may write there"] {
        assert!(finished.stderr.contains(word), "{}", finished.stderr);
    }
    let top = home.run_without_privileges(&["top"]).expect("as before");
    assert_eq!(top.code, Some(0), "what only reads goes on: {top:?}");
    permissions(0o644).expect("writable");
    assert_eq!(home.serve().start().stop().code, Some(0));
}

/// As `import log` and `import counts` do.
#[test]
fn an_import_of_posts_waits_for_a_lock() {
    let home = Home::new();
    home.write("hello.md", "# Hello");
    assert_eq!(home.run(&["import", "posts", "hello.md"]).code, Some(0));
    home.write("later.md", "# Later");
    let lock = Lock::hold(&home.database_file());
    let import = home.begin(&["import", "posts", "later.md"]);
    // Twice as long as one try waits.
    let_pass(Duration::from_millis(2500));
    assert!(!import.is_over(), "it gave up: {}", import.stderr.text());
    lock.release();
    let finished = import.wait(WAIT_LIMIT);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let mut database = home.database();
    assert_eq!(database.number("SELECT count(*) AS number FROM posts"), 2);
}

#[test]
fn a_locked_database_keeps_no_server_from_starting() {
    for flags in [&[][..], &[("--dedup-window", "1s")]] {
        let home = Home::new();
        let server = home.serve().flags(flags).start();
        server.create("hello", "text");
        assert_eq!(server.get("/posts/hello").status, 200);
        assert_eq!(server.stop().code, Some(0));
        let_pass(Duration::from_millis(1100));
        let lock = Lock::hold(&home.database_file());
        let server = home.serve().flags(flags).start();
        assert_eq!(server.get("/posts/hello").status, 200);
        lock.release();
        until("both views are counted", || server.views("hello") == 2);
        assert_eq!(server.stop().code, Some(0));
    }
}

#[test]
fn an_empty_store_is_served() {
    let home = Home::new();
    let server = home.serve().start();
    assert_eq!(server.get("/posts").json()["items"], serde_json::json!([]));
    assert_eq!(server.get("/views").json()["views"], 0);
    assert_eq!(server.get("/posts/1").status, 404);
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn stopping_right_after_starting_ends_well() {
    let home = Home::new();
    for _ in 0..5 {
        let finished = home.serve().start().stop();
        assert_eq!(finished.code, Some(0), "{finished:?}");
    }
}

#[test]
fn times_that_cannot_be_kept_are_refused() {
    for (flag, value) in [
        ("--dedup-window", "1us"),
        ("--flush-every", "300000000000y"),
        ("--drain-timeout", "300000000000y"),
        ("--idle-timeout", "300000000000y"),
    ] {
        let finished = Home::new().serve().flag(flag, value).run_or_stop();
        assert_eq!(finished.code, Some(2), "{flag} {value}: {finished:?}");
        assert!(finished.stderr.contains(flag), "{finished:?}");
    }
}
