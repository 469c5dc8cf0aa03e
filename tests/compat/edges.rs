//! What is not asked for, not known, not to be counted now, or not what it should be.

use serde_json::{Value, json};

use super::{PAGE, ask, ends_with, post, served};
use crate::support::{Home, assert_problem, until};

#[test]
fn what_is_not_asked_for_is_not_there() {
    let home = Home::new();
    let paths = [
        "/busuanzi?jsonpCallback=a",
        "/api",
        "/js",
        "/api/v2/log",
        "/api/article",
        "/1.1/classes/Counter",
        "/count",
        "/counter/TOTAL.json",
    ];
    let server = home.serve().start();
    for path in paths {
        assert_problem(&server.get(path), 404);
    }
    server.stop();
    let server = home.serve().flag("--compat", "waline,goatcounter").start();
    let found: Vec<&str> = paths
        .into_iter()
        .filter(|path| !server.get(path).text().contains("nothing at this path"))
        .collect();
    assert_eq!(found, ["/api/article", "/count", "/counter/TOTAL.json"]);
    server.stop();
    let refused = home.serve().flag("--compat", "matomo").run_or_stop();
    assert_eq!(refused.code, Some(2));
    assert!(
        refused
            .stderr
            .contains("busuanzi, vercount, waline, leancloud, goatcounter"),
        "{}",
        refused.stderr
    );
}

/// Without sites, pages are posts by their last part; previews count nothing.
#[test]
fn without_a_site_known_posts_count_and_previews_do_not() {
    let home = Home::new();
    let server = home.serve().flag("--compat", "all").start();
    server.create("hello", "text");
    let log = |url: &str| {
        post(&server, "/api/v2/log", &json!({"url": url})).json()["data"]["page_pv"].clone()
    };
    assert_eq!(log("https://any.example/2024/hello/"), 1);
    assert_eq!(log("http://localhost:4000/2024/hello/"), 0);
    assert_eq!(log("https://any.example/other/"), 0);
    ends_with(&home, server, 1, 0);
}

/// The numbers go on while nothing can be counted.
#[test]
fn numbers_rise_while_the_database_is_locked() {
    let home = Home::new();
    let server = served(&home);
    let sent = json!({"url": PAGE});
    for number in 1..=2 {
        assert_eq!(
            post(&server, "/api/v2/log", &sent).json()["data"]["page_pv"],
            number
        );
    }
    until("both are counted", || server.views("hello") == 2);
    let mut lock = home.database();
    lock.execute("BEGIN IMMEDIATE");
    for number in 3..=9 {
        assert_eq!(
            post(&server, "/api/v2/log", &sent).json()["data"]["page_pv"],
            number
        );
    }
    lock.execute("COMMIT");
    ends_with(&home, server, 9, 0);
}

#[test]
fn long_bodies_and_many_at_once_are_refused() {
    let home = Home::new();
    let server = served(&home);
    let long = json!({"url": format!("https://example.org/{}", "a".repeat(70_000))});
    assert_problem(&post(&server, "/api/v2/log", &long), 413);
    let many: Vec<Value> = (0..501).map(|_| json!({})).collect();
    assert_eq!(
        post(&server, "/1.1/batch", &json!({"requests": many})).status,
        400
    );
    let paths = vec!["/a"; 501].join(",");
    assert_ne!(
        ask(
            &server,
            "GET",
            &format!("/api/article?path={paths}"),
            &[],
            ""
        )
        .json()["errno"],
        0
    );
    for nonsense in ["", "{", "[]", "null", "{\"requests\":5}", "\u{0}"] {
        for path in [
            "/api/v1/log",
            "/api/v2/log",
            "/api/article",
            "/article",
            "/1.1/classes/Counter",
            "/1.1/batch",
        ] {
            let answer = ask(&server, "POST", path, &[], nonsense);
            assert!(
                answer.status < 500,
                "{path} {nonsense:?}: {}",
                answer.text()
            );
        }
    }
    ends_with(&home, server, 0, 0);
}
