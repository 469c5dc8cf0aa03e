//! Posts created, read, updated and deleted over HTTP.

use serde_json::{Value, json};

use crate::support::{Home, Response, Server, assert_problem};

fn served() -> (Home, Server) {
    let home = Home::new();
    let server = home.serve().start();
    (home, server)
}

/// The JSON pointers of what a 422 complains about.
fn pointers(answer: &Response) -> Vec<String> {
    assert_problem(answer, 422);
    let errors = answer.json()["errors"].as_array().expect("errors").clone();
    for error in &errors {
        assert!(
            error["detail"]
                .as_str()
                .is_some_and(|detail| !detail.is_empty()),
            "{error}"
        );
    }
    errors
        .iter()
        .map(|error| error["pointer"].as_str().expect("a pointer").to_owned())
        .collect()
}

#[test]
fn a_created_post_is_read_by_id_and_by_slug() {
    let (_home, server) = served();
    let body = "# Hi\n\ttab, \"quotes\", \u{1f980}, \u{0}, 끝\r\n";
    let post = json!({"slug": "hello", "title": "Hello", "summary": "short", "body": body, "tags": ["a", "b c"],
        "published_at": "2024-02-29T12:00:00Z"});
    let created = server.send_json("POST", "/posts", &post);
    assert_eq!(created.status, 201, "{}", created.text());
    let id = created.json()["id"].as_i64().expect("an id");
    let location = created.header("Location").expect("a location").to_owned();
    assert!(
        location.ends_with("/posts/hello") || location.ends_with(&format!("/posts/{id}")),
        "{location}"
    );
    for path in [
        location,
        format!("/posts/{id}?count=false"),
        "/posts/hello?count=false".to_owned(),
    ] {
        let read = server.get(&path).json();
        assert_eq!(read["id"], id);
        for field in ["slug", "title", "summary", "body", "tags"] {
            assert_eq!(read[field], post[field], "{field} by {path}");
        }
        assert!(
            read["published_at"]
                .as_str()
                .expect("a time")
                .starts_with("2024-02-29T12:00:00"),
            "{read}"
        );
        assert!(
            read["updated_at"].as_str().expect("a time").ends_with('Z'),
            "{read}"
        );
        assert!(read["views"].is_i64(), "{read}");
    }
}

#[test]
fn a_post_without_a_slug_gets_one_from_its_title() {
    let (_home, server) = served();
    let created = server.send_json(
        "POST",
        "/posts",
        &json!({"title": "Hello, wide World!", "body": "x"}),
    );
    assert_eq!(created.json()["slug"], "hello-wide-world");
    let hangul = server.send_json(
        "POST",
        "/posts",
        &json!({"title": "조회수 세기", "body": "x"}),
    );
    assert_eq!(hangul.json()["slug"], "조회수-세기");
}

#[test]
fn a_hangul_slug_is_asked_for_percent_encoded() {
    let (_home, server) = served();
    let id = server.create("조회수-세기", "본문");
    let read = server.get("/posts/%EC%A1%B0%ED%9A%8C%EC%88%98-%EC%84%B8%EA%B8%B0");
    assert_eq!((read.status, &read.json()["id"]), (200, &json!(id)));
    let lower = server.get("/posts/%ec%a1%b0%ed%9a%8c%ec%88%98-%ec%84%b8%ea%b8%b0");
    assert_eq!(
        lower.status, 200,
        "the case of percent-encoding does not matter"
    );
    let created = server.send_json(
        "POST",
        "/posts",
        &json!({"title": "둘", "slug": "둘", "body": ""}),
    );
    assert_eq!(created.status, 201);
    let location = created.header("Location").expect("a location");
    assert!(location.is_ascii(), "{location:?} belongs percent-encoded");
    assert_eq!(server.get(location).json()["slug"], "둘");
}

#[test]
fn a_taken_slug_is_a_conflict() {
    let (_home, server) = served();
    server.create("taken", "x");
    let again = server.send_json(
        "POST",
        "/posts",
        &json!({"title": "T", "slug": "taken", "body": "y"}),
    );
    assert_problem(&again, 409);
    assert_eq!(server.get("/posts/taken").json()["body"], "x");
    server.create("other", "x");
    let moved = server.send_json(
        "PUT",
        "/posts/other",
        &json!({"title": "T", "slug": "taken", "body": "y"}),
    );
    assert_problem(&moved, 409);
}

#[test]
fn what_is_not_valid_is_pointed_at() {
    let (_home, server) = served();
    let ask = |post: Value| pointers(&server.send_json("POST", "/posts", &post));
    assert_eq!(ask(json!({"body": "x"})), ["/title"]);
    assert_eq!(ask(json!({"title": "", "body": "x"})), ["/title"]);
    assert_eq!(
        ask(json!({"title": "t".repeat(501), "body": "x"})),
        ["/title"]
    );
    assert_eq!(ask(json!({"title": 1, "body": "x"})), ["/title"]);
    for slug in [
        "123",
        "",
        "a b",
        "a/b",
        "..",
        "a?b",
        "a%20b",
        &"s".repeat(201),
    ] {
        assert_eq!(
            ask(json!({"title": "T", "slug": slug, "body": "x"})),
            ["/slug"],
            "{slug:?}"
        );
    }
    assert_eq!(ask(json!({"title": "T", "body": 5})), ["/body"]);
    let tag = ask(json!({"title": "T", "body": "x", "tags": ["fine", 7]}));
    assert!(tag[0].starts_with("/tags"), "{tag:?}");
    assert_eq!(
        ask(json!({"title": "T", "body": "x", "published_at": "yesterday"})),
        ["/published_at"]
    );
    let mut both = ask(json!({"title": "", "slug": "1", "body": "x"}));
    both.sort();
    assert_eq!(
        both,
        ["/slug", "/title"],
        "everything wrong is told at once"
    );
    assert_eq!(
        ask(json!({"title": "t".repeat(500), "slug": "é".repeat(200), "body": "x", "tags": [1]}))
            .len(),
        1
    );
}

#[test]
fn what_is_not_json_is_told_apart_from_what_is_not_valid() {
    let (_home, server) = served();
    let mut client = server.connect();
    let mut send =
        |kind: &str, body: &[u8]| client.request("POST", "/posts", &[("Content-Type", kind)], body);
    assert_problem(&send("text/plain", br#"{"title":"T","body":"x"}"#), 415);
    let charset = send(
        "application/json; charset=utf-8",
        br#"{"title":"T","body":"x"}"#,
    );
    assert_eq!(charset.status, 201, "{}", charset.text());
    for broken in [
        &b"{\"title\":"[..],
        b"[]",
        b"null",
        b"{\"title\":\"\xff\xfe\",\"body\":\"x\"}",
        b"\x00",
    ] {
        let answer = send("application/json", broken);
        assert!(
            [400, 422].contains(&answer.status),
            "{broken:?} got {}",
            answer.status
        );
        assert_problem(&answer, answer.status);
    }
    let none = server
        .connect()
        .request("POST", "/posts", &[], br#"{"title":"U","body":"x"}"#);
    assert_problem(&none, 415);
}

#[test]
fn a_body_over_the_limit_is_refused_and_one_at_the_limit_is_not() {
    let home = Home::new();
    let server = home.serve().flag("--max-body", "4KiB").start();
    let fits = server.send_json(
        "POST",
        "/posts",
        &json!({"title": "T", "body": "x".repeat(3000)}),
    );
    assert_eq!(fits.status, 201, "{}", fits.text());
    let over = server.send_json(
        "POST",
        "/posts",
        &json!({"title": "U", "body": "x".repeat(5000)}),
    );
    assert_problem(&over, 413);
    assert_eq!(server.get("/posts/u").status, 404);
}

#[test]
fn an_update_replaces_the_post_and_keeps_its_views() {
    let (home, server) = served();
    let id = server.create("kept", "before");
    for _ in 0..3 {
        assert_eq!(server.get("/posts/kept").status, 200);
    }
    let updated = server.send_json(
        "PUT",
        "/posts/kept",
        &json!({"title": "New", "slug": "moved", "body": "after"}),
    );
    assert_eq!(updated.status, 200, "{}", updated.text());
    assert_eq!(updated.json()["id"], id);
    assert_eq!(updated.json()["body"], "after");
    assert_eq!(
        server.get("/posts/moved?count=false").json()["title"],
        "New"
    );
    assert_problem(&server.get("/posts/kept"), 404);
    assert_problem(
        &server.send_json("PUT", "/posts/nobody", &json!({"title": "N", "body": "x"})),
        404,
    );
    assert_eq!(
        pointers(&server.send_json("PUT", "/posts/moved", &json!({"title": "", "body": "x"}))),
        ["/title"]
    );
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views_of(id), 3);
}

#[test]
fn a_deleted_post_is_gone() {
    let (_home, server) = served();
    let id = server.create("short-lived", "x");
    assert_eq!(server.get("/posts/short-lived").status, 200);
    let deleted = server
        .connect()
        .request("DELETE", "/posts/short-lived", &[], b"");
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    for path in [
        "/posts/short-lived".to_owned(),
        format!("/posts/{id}"),
        format!("/posts/{id}/views"),
    ] {
        assert_problem(&server.get(&path), 404);
    }
    assert_problem(
        &server
            .connect()
            .request("DELETE", "/posts/short-lived", &[], b""),
        404,
    );
    let next = server.create("short-lived", "again");
    assert_ne!(
        next, id,
        "an id is never given twice: it is in others' hands"
    );
}

#[test]
fn an_unchanged_post_is_not_sent_again() {
    let (_home, server) = served();
    server.create("cached", "x");
    let first = server.get("/posts/cached?count=false");
    let tag = first.header("ETag").expect("a tag").to_owned();
    let ask = |tags: &str| {
        server.connect().request(
            "GET",
            "/posts/cached?count=false",
            &[("If-None-Match", tags)],
            b"",
        )
    };
    for tags in [
        tag.clone(),
        format!("\"other\", {tag}"),
        "*".to_owned(),
        format!("W/{}", tag.trim_start_matches("W/")),
    ] {
        let again = ask(&tags);
        assert_eq!((again.status, again.body.len()), (304, 0), "{tags}");
        assert_eq!(again.header("ETag"), Some(tag.as_str()), "{tags}");
    }
    assert_eq!(ask("\"other\"").status, 200);
    server.send_json(
        "PUT",
        "/posts/cached",
        &json!({"title": "T", "slug": "cached", "body": "y"}),
    );
    assert_eq!(ask(&tag).status, 200, "other content has another tag");
}
