//! The corners of HTTP that well-behaved clients do use.

use serde_json::json;

use crate::support::http::BEARER;
use crate::support::{Home, Response, Server, assert_problem, http};

fn served() -> (Home, Server) {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    (home, server)
}

fn post_head(headers: &str) -> String {
    format!(
        "POST /posts HTTP/1.1\r\nHost: localhost\r\n{BEARER}Content-Type: application/json\r\n{headers}\r\n"
    )
}

fn new_post(slug: &str) -> String {
    json!({"title": "T", "slug": slug, "body": "x"}).to_string()
}

/// Sends bytes on a new connection and reads one response.
fn ask(server: &Server, bytes: &str) -> Response {
    let mut client = server.connect();
    client.send(bytes.as_bytes()).expect("sent");
    client.read().expect("whole").expect("an answer")
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let (home, server) = served();
    let slugs: Vec<String> = (0..20).map(|number| format!("post-{number}")).collect();
    for slug in &slugs {
        server.create(slug, slug);
    }
    let all: Vec<u8> = slugs
        .iter()
        .flat_map(|slug| http::request_bytes("GET", &format!("/posts/{slug}"), &[], b""))
        .collect();
    let mut client = server.connect();
    client.send(&all).expect("sent");
    for slug in &slugs {
        let answer = client.read().expect("whole").expect("an answer");
        assert_eq!(
            (answer.status, answer.json()["slug"].as_str()),
            (200, Some(slug.as_str()))
        );
    }
    let mut mixed = http::request_bytes("GET", "/posts/nobody", &[], b"");
    mixed.extend(http::request_bytes("HEAD", "/posts/hello", &[], b""));
    mixed.extend(
        post_head(&format!("Content-Length: {}\r\n", new_post("piped").len())).into_bytes(),
    );
    mixed.extend(new_post("piped").into_bytes());
    mixed.extend(http::request_bytes("GET", "/posts/piped", &[], b""));
    client.send(&mixed).expect("sent");
    let statuses = ["GET", "HEAD", "POST", "GET"].map(|method| {
        client
            .read_for(method)
            .expect("whole")
            .expect("an answer")
            .status
    });
    assert_eq!(statuses, [404, 200, 201, 200]);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 21);
}

#[test]
fn a_head_tells_what_a_get_would_without_the_body() {
    let (_home, server) = served();
    let mut client = server.connect();
    for path in [
        "/posts/hello",
        "/posts",
        "/healthz",
        "/posts/nobody",
        "/posts/hello/views",
    ] {
        let get = client.get(&format!("{path}?count=false"));
        let head = client.request("HEAD", &format!("{path}?count=false"), &[], b"");
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(
            head.header("Content-Type"),
            get.header("Content-Type"),
            "{path}"
        );
        assert_eq!(head.header("ETag"), get.header("ETag"), "{path}");
        if let Some(length) = head.header("Content-Length") {
            let known = length == get.body.len().to_string();
            assert!(
                known || path.ends_with("views"),
                "{path}: {length} for {}",
                get.body.len()
            );
        }
    }
}

#[test]
fn chunked_bodies_are_taken() {
    let (_home, server) = served();
    let chunks = |slug: &str, extension: &str, trailer: &str| {
        let body = new_post(slug);
        let (first, second) = body.split_at(7);
        let (a, b) = (first.len(), second.len());
        let head = post_head("Transfer-Encoding: chunked\r\n");
        format!("{head}{a:x}{extension}\r\n{first}\r\n{b:X}\r\n{second}\r\n0\r\n{trailer}\r\n")
    };
    assert_eq!(ask(&server, &chunks("plain", "", "")).status, 201);
    assert_eq!(
        ask(&server, &chunks("extended", ";a=b;c=\"d\"", "")).status,
        201
    );
    // The rest of the connection is in step after the last chunk.
    let mut client = server.connect();
    let two = chunks("in-step", "", "")
        + &String::from_utf8_lossy(&http::request_bytes("GET", "/posts/in-step", &[], b""));
    client.send(two.as_bytes()).expect("sent");
    assert_eq!(
        client.read().expect("whole").expect("an answer").status,
        201
    );
    assert_eq!(
        client.read().expect("whole").expect("an answer").status,
        200
    );
    let over = format!(
        "{}200000\r\n{}\r\n0\r\n\r\n",
        post_head("Transfer-Encoding: chunked\r\n"),
        "x".repeat(0x20_0000)
    );
    let mut client = server.connect();
    let _ = client.send(over.as_bytes());
    if let Ok(Some(answer)) = client.read() {
        assert_problem(&answer, 413);
    }
}

#[test]
fn a_body_announced_is_asked_for_when_it_is_wanted() {
    let (_home, server) = served();
    let body = new_post("expected");
    let expect = |length: usize| {
        post_head(&format!(
            "Content-Length: {length}\r\nExpect: 100-continue\r\n"
        ))
    };
    let mut client = server.connect();
    client.send(expect(body.len()).as_bytes()).expect("sent");
    assert_eq!(
        client.read().expect("whole").expect("an answer").status,
        100
    );
    client.send(body.as_bytes()).expect("sent");
    assert_eq!(
        client.read().expect("whole").expect("an answer").status,
        201
    );
    assert_eq!(
        client.get("/posts/expected").status,
        200,
        "the connection is in step"
    );

    let mut client = server.connect();
    client.send(expect(2 << 20).as_bytes()).expect("sent");
    let refused = client.read().expect("whole").expect("an answer");
    assert_problem(&refused, 413);
}

#[test]
fn http_1_0_is_answered_and_closed_unless_asked_otherwise() {
    let (_home, server) = served();
    let mut client = server.connect();
    client
        .send(b"GET /posts/hello HTTP/1.0\r\n\r\n")
        .expect("sent");
    let answer = client.read().expect("whole").expect("an answer");
    assert_eq!(answer.status, 200);
    assert!(client.is_closed());
    let mut client = server.connect();
    for _ in 0..2 {
        client
            .send(b"GET /posts/hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            .expect("sent");
        let answer = client.read().expect("whole").expect("an answer");
        assert_eq!(answer.status, 200);
        assert!(
            answer.header("Transfer-Encoding").is_none(),
            "1.0 knows no chunks"
        );
        if answer
            .header("Connection")
            .is_none_or(|value| !value.eq_ignore_ascii_case("keep-alive"))
        {
            break;
        }
    }
}

#[test]
fn a_connection_asked_to_close_is_closed() {
    let (_home, server) = served();
    for value in ["close", "Close", "keep-alive, close"] {
        let mut client = server.connect();
        assert_eq!(
            client
                .request("GET", "/posts/hello", &[("Connection", value)], b"")
                .status,
            200
        );
        assert!(client.is_closed(), "{value}");
    }
}

#[test]
fn an_absolute_target_is_a_path_with_a_host() {
    let (home, server) = served();
    let answer = ask(
        &server,
        "GET http://example.org/posts/hello?x=1 HTTP/1.1\r\nHost: example.org\r\n\r\n",
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("View-Outcome"), Some("accepted"));
    let root = ask(&server, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(root.status < 500, "{}", root.status);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 1);
}

#[test]
fn an_unknown_path_is_a_problem() {
    let (_home, server) = served();
    for path in [
        "/nothing",
        "/posts/hello/nothing",
        "/post/hello",
        "/VIEWS",
        "/healthz/x",
    ] {
        assert_problem(&server.get(path), 404);
    }
    assert_problem(
        &server.connect().request("POST", "/nothing", &[], b"{}"),
        404,
    );
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let (_home, server) = served();
    let wrong = [
        ("DELETE", "/posts", "GET"),
        ("PATCH", "/posts/hello", "PUT"),
        ("PUT", "/views", "GET"),
        ("PUT", "/healthz", "GET"),
        ("BREW", "/posts/hello", "GET"),
        ("get", "/posts/hello", "GET"),
    ];
    for (method, path, right) in wrong {
        let answer = server.connect().request(method, path, &[], b"");
        assert_problem(&answer, 405);
        let allow = answer.header("Allow").expect("Allow");
        assert!(
            allow.split(", ").any(|known| known == right),
            "{method} {path}: {allow}"
        );
    }
}

#[test]
fn other_origins_may_read() {
    let (_home, server) = served();
    let mut client = server.connect();
    let origin = [("Origin", "https://example.org")];
    for path in [
        "/posts/hello",
        "/posts",
        "/posts/hello/views",
        "/views",
        "/posts/nobody",
    ] {
        let answer = client.request("GET", path, &origin, b"");
        assert_eq!(
            answer.header("Access-Control-Allow-Origin"),
            Some("*"),
            "{path}"
        );
    }
    let read = client.request("GET", "/posts/hello", &origin, b"");
    let exposed = read
        .header("Access-Control-Expose-Headers")
        .unwrap_or_default()
        .to_lowercase();
    assert!(
        exposed.contains("view-outcome"),
        "a script must be able to read it: {exposed:?}"
    );
    let preflight = [
        ("Origin", "https://example.org"),
        ("Access-Control-Request-Method", "GET"),
    ];
    let answer = client.request("OPTIONS", "/posts/hello", &preflight, b"");
    assert!([200, 204].contains(&answer.status), "{}", answer.status);
    assert!(
        answer
            .header("Access-Control-Allow-Methods")
            .is_some_and(|methods| methods.contains("GET"))
    );
    assert_eq!(
        client.get("/posts/hello").status,
        200,
        "the connection is in step"
    );
}

#[test]
fn other_origins_are_allowed_by_flag() {
    let home = Home::new();
    let server = home
        .serve()
        .flag("--cors-origin", "https://example.org")
        .start();
    server.create("hello", "text");
    let answer = server.connect().request(
        "GET",
        "/posts/hello",
        &[("Origin", "https://example.org")],
        b"",
    );
    assert_eq!(
        answer.header("Access-Control-Allow-Origin"),
        Some("https://example.org")
    );
}

#[test]
fn answers_say_what_they_are() {
    let (_home, server) = served();
    let post = server.get("/posts/hello");
    let kind = post.header("Content-Type").expect("a type");
    assert!(kind.starts_with("application/json"), "{kind}");
    assert!(
        post.header("Date")
            .is_some_and(|date| date.ends_with(" GMT"))
    );
    assert!(post.header("Content-Length").is_some());
    assert_eq!(post.version, "HTTP/1.1");
    assert!(
        post.header("Server")
            .is_none_or(|server| !server.contains("tiny-http")),
        "{:?}",
        post.headers
    );
}
