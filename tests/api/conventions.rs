//! Ends of lines, query parameters, slashes at the end, names beside ids.

use serde_json::json;

use crate::support::{Home, Server, assert_problem, until};

fn served() -> (Home, Server) {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    (home, server)
}

#[test]
fn every_json_answer_ends_its_line() {
    let (_home, server) = served();
    for path in [
        "/posts/hello",
        "/posts",
        "/posts/hello/views",
        "/views",
        "/views?posts=hello",
        "/posts/hello/badge.json",
        "/healthz",
        "/readyz",
        "/live.json",
        "/posts/nobody",
        "/nowhere",
    ] {
        let text = server.get(path).text();
        assert!(text.ends_with("}\n"), "{path}: {text:?}");
        assert!(!text.ends_with("\n\n"), "{path}: {text:?}");
    }
    let mut malformed = server.connect();
    malformed.send(b"GET / HTTP/9.9\r\n\r\n").expect("sent");
    let refused = malformed.read().expect("an answer").expect("a whole one");
    assert!(refused.text().ends_with("}\n"), "{:?}", refused.text());
}

#[test]
fn a_read_is_not_counted_however_it_is_said() {
    let (home, server) = served();
    for word in ["false", "0", "no"] {
        let answer = server.get(&format!("/posts/hello?count={word}"));
        assert_eq!(answer.header("View-Outcome"), Some("not-asked"), "{word}");
    }
    for query in ["", "?count=true", "?count=1", "?count=yes", "?utm_source=a"] {
        let answer = server.get(&format!("/posts/hello{query}"));
        assert_eq!(answer.header("View-Outcome"), Some("accepted"), "{query}");
    }
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 5);
}

#[test]
fn a_parameter_that_means_nothing_is_refused_and_named() {
    let (_home, server) = served();
    for (path, takes) in [
        ("/posts?sorted=views", "sort"),
        ("/posts?limit=1&%73orted=views", "sort"),
        ("/posts/hello/views?perod=7d", "period"),
        ("/views?post=hello", "posts"),
        ("/posts/hello/viewers?page=2", "cursor"),
        ("/posts/hello/corrections?page=2", "cursor"),
        ("/viewers/ann/posts?page=2", "cursor"),
        ("/posts/hello/viewers/ann?page=2", "none"),
    ] {
        let answer = server.get(path);
        assert_problem(&answer, 422);
        let detail = answer.json()["detail"]
            .as_str()
            .expect("a detail")
            .to_owned();
        assert!(detail.contains(takes), "{path}: {detail}");
        assert!(answer.header("Link").is_none());
    }
    let post = json!({"title": "A", "body": ""});
    assert_problem(&server.send_json("POST", "/posts?dry-run=1", &post), 422);
    assert_problem(&server.send_json("PUT", "/posts/hello?x=1", &post), 422);
    let deleted = server
        .connect()
        .request("DELETE", "/posts/hello?soft=1", &[], b"");
    assert_problem(&deleted, 422);
    let number = json!({"views": 1, "reason": "moved"});
    assert_problem(
        &server.send_json("PUT", "/posts/hello/views?x=1", &number),
        422,
    );
    assert_eq!(server.views("hello"), 0, "nothing was done");
    // Addresses of posts are handed on, and images are asked for past a cache.
    for path in [
        "/posts/hello?utm_source=a",
        "/posts/hello/badge.svg?1",
        "/posts/hello/pixel.gif?t=1",
        "/metrics?x=1",
    ] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
}

#[test]
fn a_slash_at_the_end_leads_to_the_path_without_it() {
    let (home, server) = served();
    for (path, location) in [
        ("/posts/", "/posts"),
        ("/posts/hello/", "/posts/hello"),
        ("/posts/hello//", "/posts/hello"),
        ("/posts/hello/?a=b%20c", "/posts/hello?a=b%20c"),
        ("/posts/hello/?a=\"<", "/posts/hello?a=%22%3C"),
        ("/posts/hello/views/", "/posts/hello/views"),
        ("/posts/hello/stats/", "/posts/hello/stats"),
        ("/feed.xml/", "/feed.xml"),
        ("/metrics/", "/metrics"),
    ] {
        for method in ["GET", "HEAD", "POST", "PUT"] {
            let answer = server.connect().request(method, path, &[], b"");
            assert_eq!(answer.status, 308, "{method} {path}");
            assert_eq!(answer.header("Location"), Some(location), "{method} {path}");
        }
    }
    for path in [
        "//evil.example/",
        "//",
        "/nowhere/",
        "/posts/a/b/",
        "/posts//",
    ] {
        let answer = server.get(path);
        assert!(
            answer.status == 404 || answer.header("Location") == Some("/posts"),
            "{path}: {}",
            answer.status
        );
    }
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 0, "none of it was a view");
}

#[test]
fn numbers_name_their_post_and_say_what_was_asked_for() {
    let (_home, server) = served();
    let id = server.create("second", "text");
    let numbers = server.get("/posts/hello/views").json();
    assert_eq!(
        (&numbers["post"], &numbers["slug"]),
        (&json!(1), &json!("hello"))
    );
    let many = server
        .get(&format!("/views?posts={id},nobody,hello"))
        .json();
    assert_eq!(many["asked"], json!([id.to_string(), "nobody", "hello"]));
    assert_eq!(many["items"][0]["slug"], "second");
    assert!(many["items"][1].is_null());
    assert_eq!(many["items"][2]["slug"], "hello");
    let site = server.get("/views").json();
    assert!(site.get("slug").is_none() && site.get("post").is_none());
}

#[test]
fn a_viewer_whom_nobody_knows_is_forgotten_like_one_who_is_known() {
    let (_home, server) = served();
    let ask = |method: &str, path: &str| server.connect().request(method, path, &[], b"");
    assert_problem(&ask("GET", "/posts/hello/viewers/ann"), 404);
    let seen = ask("GET", "/viewers/ann/posts");
    assert_eq!(seen.json(), json!({"items": [], "next_cursor": null}));
    assert_eq!(ask("DELETE", "/viewers/ann").status, 204);
    let read = server
        .connect()
        .request("GET", "/posts/hello", &[("Viewer-Id", "ann")], b"");
    assert_eq!(read.status, 200);
    until("the view is counted", || server.views("hello") == 1);
    for _ in 0..2 {
        assert_eq!(ask("DELETE", "/viewers/ann").status, 204);
        assert_eq!(ask("GET", "/viewers/ann/posts").status, 200);
    }
}

#[test]
fn a_body_that_is_not_json_is_malformed_and_one_that_is_wrong_is_not_valid() {
    let (_home, server) = served();
    let send = |method: &str, path: &str, body: &[u8]| {
        let json = [("Content-Type", "application/json")];
        server.connect().request(method, path, &json, body)
    };
    for (method, path) in [
        ("POST", "/posts"),
        ("PUT", "/posts/hello"),
        ("PUT", "/posts/hello/views"),
        ("POST", "/posts/hello/corrections"),
    ] {
        for malformed in [
            &b"{"[..],
            b"",
            b"nonsense",
            b"{\"title\": \"a\"} x",
            b"\xff",
        ] {
            let answer = send(method, path, malformed);
            assert_problem(&answer, 400);
            assert!(
                answer.text().contains("not valid JSON"),
                "{}",
                answer.text()
            );
        }
        for wrong in [&b"{}"[..], b"[]", b"null", b"7"] {
            assert_problem(&send(method, path, wrong), 422);
        }
        let text = [("Content-Type", "text/plain")];
        assert_problem(&server.connect().request(method, path, &text, b"{}"), 415);
    }
}
