//! Starting on what is already there.

use std::time::Duration;

use crate::support::{Home, twice};

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
         INSERT INTO posts (id, slug, title, title_key, summary, body, tags, published_at, updated_at)
             SELECT n, 'post-' || n, 'Post ' || n, 'post ' || n, '', printf('%.200c', 'x'), '[\"tag\"]',
                 1600000000000 + n, 1600000000000 + n FROM numbers;
         INSERT INTO counts (post, views, viewers) SELECT n, n % 1000, 0 FROM numbers;
         COMMIT;"
    ));
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
