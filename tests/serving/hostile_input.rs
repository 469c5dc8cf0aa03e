//! Whatever arrives gets a well-formed answer or a clean close, leaks nothing, and leaves the server serving.

use std::io::ErrorKind;

use crate::support::http::BEARER;
use crate::support::{Client, Home, Response, Server, assert_no_internals, assert_problem};

fn served() -> (Home, Server) {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    (home, server)
}

/// Sends bytes, ends our half, and answers every response that came until the server closed.
fn answers_to(server: &Server, bytes: &[u8]) -> Vec<Response> {
    let mut client = server.connect();
    // The server may answer and close before it has read everything.
    let _ = client.send(bytes);
    client.half_close();
    let mut answers = Vec::new();
    loop {
        match client.read() {
            Ok(Some(answer)) => {
                assert_no_internals(&answer.body);
                answers.push(answer);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let start = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
                panic!("neither answered nor closed: {start:?}");
            }
            Ok(None) | Err(_) => break,
        }
    }
    answers
}

fn still_serves(server: &Server) {
    let mut client = Client::connect(server.address);
    assert_eq!(
        client.get("/posts/hello?count=false").status,
        200,
        "{}",
        server.stderr()
    );
    assert!(!server.stderr().contains("panicked"), "{}", server.stderr());
}

/// What a request gets: one of these statuses first, or nothing but a close.
fn gets(server: &Server, request: &[u8], statuses: &[u16]) {
    let answers = answers_to(server, request);
    let shown = String::from_utf8_lossy(&request[..request.len().min(120)]).into_owned();
    if let Some(first) = answers.first() {
        assert!(
            statuses.contains(&first.status),
            "{shown:?} got {}: {}",
            first.status,
            first.text()
        );
        if first.status >= 400 {
            assert!(
                first.body.is_empty() || first.header("Content-Type").is_some(),
                "{shown:?}"
            );
        }
    }
    still_serves(server);
}

fn post_with(headers: &str, body: &str) -> Vec<u8> {
    let head = "POST /posts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    format!("{head}{BEARER}{headers}\r\n{body}").into_bytes()
}

fn get_with(headers: &str) -> Vec<u8> {
    format!("GET /posts/hello HTTP/1.1\r\nHost: a\r\n{headers}\r\n").into_bytes()
}

#[test]
fn lengths_that_no_body_has_are_refused() {
    let (_home, server) = served();
    for length in [
        "1000000000000000000",
        "1000000000000000",
        "18446744073709551615",
        "99999999999999999999999",
    ] {
        gets(
            &server,
            &post_with(&format!("Content-Length: {length}\r\n"), ""),
            &[400, 413],
        );
        gets(
            &server,
            &post_with(
                &format!("Content-Length: {length}\r\nExpect: 100-continue\r\n"),
                "x",
            ),
            &[400, 413, 417],
        );
    }
    for length in ["+5", "-1", "abc", "5 5", "0x5", "5;5", "5,6", "", "٥"] {
        gets(
            &server,
            &post_with(&format!("Content-Length: {length}\r\n"), "12345"),
            &[400, 411, 413, 422],
        );
    }
}

#[test]
fn two_ways_to_tell_a_length_are_refused() {
    let (_home, server) = served();
    let smuggled = "0\r\n\r\nGET /posts/hello HTTP/1.1\r\nHost: a\r\n\r\n";
    let ambiguous = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Content-Length : 5\r\n",
    ];
    let mut understood = Vec::new();
    for headers in ambiguous {
        let answers = answers_to(&server, &post_with(headers, smuggled));
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        // One refusal, after which nothing on that connection is taken for a request.
        if !matches!(statuses[..], [] | [400 | 411 | 501]) {
            understood.push((headers, statuses));
        }
        still_serves(&server);
    }
    assert!(understood.is_empty(), "{understood:?}");
}

#[test]
fn broken_chunks_are_refused() {
    let (_home, server) = served();
    let chunked = "Transfer-Encoding: chunked\r\n";
    for body in [
        "zz\r\nabc\r\n",
        "-1\r\n\r\n",
        "3\r\nabcdef\r\n0\r\n\r\n",
        "ffffffffffffffff\r\nx",
        "3\r\nab",
        "3;\r\nabc\n0\n\n",
        "\r\n\r\n",
        "10000000000000000000\r\nx",
        "5\r\n{\"a\":\r\n",
    ] {
        gets(&server, &post_with(chunked, body), &[400, 408, 413, 422]);
    }
    let endless = "1\r\n \r\n".repeat(400_000);
    gets(&server, &post_with(chunked, &endless), &[400, 413]);
}

#[test]
fn line_ends_in_what_was_sent_never_reach_our_headers() {
    let (_home, server) = served();
    let attempts: [&[u8]; 7] = [
        b"GET /posts/hello%0d%0aX-Injected:%20yes HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /posts/hello?count=%0d%0aX-Injected:%20yes HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /posts?q=%0d%0aX-Injected:%20yes&limit=1 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /%0d%0aX-Injected:%20yes%0d%0a%0d%0a HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /posts/hello HTTP/1.1\r\nHost: a\r\nOrigin: b\rX-Injected: yes\r\n\r\n",
        b"GET /posts/hello HTTP/1.1\r\nHost: a\nX-Injected: yes\r\nOrigin: \x00\r\n\r\n",
        b"GET /posts/hello HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"a\rX-Injected: yes\"\r\n\r\n",
    ];
    for attempt in attempts {
        for answer in answers_to(&server, attempt) {
            assert_eq!(
                answer.header("X-Injected"),
                None,
                "{:?}",
                String::from_utf8_lossy(attempt)
            );
        }
        still_serves(&server);
    }
    let slug = serde_json::json!({"title": "a\r\nX-Injected: yes", "body": "x"});
    let created = server.send_json("POST", "/posts", &slug);
    assert_eq!(created.header("X-Injected"), None);
}

#[test]
fn what_is_not_utf_8_is_refused() {
    let (_home, server) = served();
    assert_problem(&server.get("/posts/%ff%fe"), 404);
    for request in [
        &b"GET /posts/\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        b"GET /posts/hello?count=\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /posts?q=%c3%28 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\xff\xfe\x00\x01 / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /posts/hello HTTP/1.1\r\nHost: a\r\nUser-Agent: \xff\xfe\r\n\r\n",
        b"GET /posts/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /posts/%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /posts/% HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        gets(&server, request, &[200, 400, 404, 422, 501, 505]);
    }
}

#[test]
fn heads_without_end_are_refused() {
    let (_home, server) = served();
    let before = server.memory();
    let long = "a".repeat(100 * 1024);
    let many: String = (0..5000)
        .map(|number| format!("X-{number}: {}\r\n", "b".repeat(20)))
        .collect();
    gets(
        &server,
        &get_with(&format!("X-Long: {long}\r\n")),
        &[200, 400, 431],
    );
    gets(&server, &get_with(&many), &[200, 400, 431]);
    gets(
        &server,
        format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes(),
        &[400, 404, 414, 431],
    );
    gets(
        &server,
        format!("{long} /posts HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes(),
        &[400, 405, 414, 431, 501],
    );
    gets(&server, &vec![b'a'; 20 << 20], &[400, 414, 431]);
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} KiB more than before");
}

#[test]
fn what_is_not_http_is_refused() {
    let (_home, server) = served();
    for request in [
        &b"\r\n\r\n\r\n"[..],
        b"\n",
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET / FTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET  /posts/hello  HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /posts/hello HTTP/1.1\r\nHost a\r\n\r\n",
        b"GET /posts/hello HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        b"GET /posts/hello HTTP/1.1\r\nHost: a\r\nX Y: a\r\n\r\n",
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n",
        b"TRACE /posts/hello HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        gets(&server, request, &[400, 404, 405, 501, 505]);
    }
}

#[test]
fn a_missing_host_is_refused() {
    let (_home, server) = served();
    // Two of them are refused by nobody: the library shows the first of each name only. Nothing here depends on it.
    let answers = answers_to(&server, b"GET /posts/hello HTTP/1.1\r\n\r\n");
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [400]);
    still_serves(&server);
}

#[test]
fn expectations_and_upgrades_nobody_offers_are_refused_or_passed_over() {
    let (_home, server) = served();
    for headers in [
        "Expect: miracles\r\n",
        "Expect: 100-continue\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
    ] {
        gets(&server, &get_with(headers), &[100, 200, 417]);
    }
}

#[test]
fn clients_that_end_their_half_get_their_answer() {
    let (_home, server) = served();
    let whole = answers_to(&server, &get_with(""));
    assert_eq!(
        whole.first().map(|answer| answer.status),
        Some(200),
        "{whole:?}"
    );
    for cut in [
        "G",
        "GET /posts/he",
        "GET /posts/hello HTTP/1.1\r\n",
        "GET /posts/hello HTTP/1.1\r\nHost: a\r\n",
    ] {
        let answers = answers_to(&server, cut.as_bytes());
        assert!(
            answers.iter().all(|answer| answer.status >= 400),
            "{cut:?} got {answers:?}"
        );
    }
    gets(
        &server,
        &post_with("Content-Length: 100\r\n", "{\"title\":\"cut\""),
        &[400, 408, 422],
    );
    assert_eq!(
        server.get("/posts/cut").status,
        404,
        "half a post is no post"
    );
    still_serves(&server);
}

#[test]
fn clients_that_vanish_leave_nothing_behind() {
    let (_home, server) = served();
    for _ in 0..50 {
        drop(server.connect());
        let mut client = server.connect();
        client.send(&get_with("").repeat(5)).expect("sent");
    }
    crate::support::until("their descriptors are given back", || {
        server.descriptors() < 40
    });
    still_serves(&server);
}

#[test]
fn paths_lead_nowhere_outside() {
    let (_home, server) = served();
    for path in [
        "/../../etc/passwd",
        "/posts/../../../etc/passwd",
        "/posts/..%2f..%2fetc%2fpasswd",
        "//etc/passwd",
        "/posts/hello/../../Cargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/posts/",
        "/posts//",
        "/posts/hello/",
        "/.env",
    ] {
        let answer = server.get(path);
        assert!(!answer.text().contains("root:"), "{path}");
        assert!(
            [200, 301, 308, 400, 404].contains(&answer.status),
            "{path} got {}",
            answer.status
        );
        assert_no_internals(&answer.body);
    }
    still_serves(&server);
}

#[test]
fn numbers_too_large_for_an_id_name_no_post() {
    let (_home, server) = served();
    for id in [
        "0",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999999999",
        "00000000000000000000002",
    ] {
        assert_problem(&server.get(&format!("/posts/{id}")), 404);
        assert_problem(&server.get(&format!("/posts/{id}/views")), 404);
    }
}
