//! Fault 7: what the issue names of what was refused although it is legal, and served although it is not. The whole of
//! the RFCs is in `tests/http/`.

use crate::support::attack::{TOKEN, ask, create, get, served};
use crate::support::raw::{Conn, Next, Options};
use crate::support::{Home, Server, assert_problem, until};

fn status(server: &Server, lines: &[u8]) -> u16 {
    let request = [b"GET /posts/hello HTTP/1.1\r\nHost: a\r\n", lines, b"\r\n"].concat();
    ask(server, &request).status
}

#[test]
fn readers_with_legal_headers_get_the_post_and_are_counted() {
    let home = Home::new();
    let server = served(&home, &[]);
    let legal: [&[u8]; 8] = [
        "Cookie: name=한국\r\n".as_bytes(),
        "CF-IPCity: São Paulo\r\n".as_bytes(),
        b"CF-IPCity: S\xe3o Paulo\r\n",
        "Referer: http://a/é\r\n".as_bytes(),
        b"X-Tab: a\tb\r\n",
        b"!#$%&'*+.^_`|~: x\r\n",
        b"x.y: z\r\n",
        "User-Agent: Mozilla/5.0 (X11; Linux; São) Firefox/140.0\r\n".as_bytes(),
    ];
    for lines in legal {
        assert_eq!(
            status(&server, lines),
            200,
            "{:?}",
            String::from_utf8_lossy(lines)
        );
    }
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 8);
}

/// A refusal by the front is seen like any other answer: with a reason for the client, and a count for the operator.
#[test]
fn refusals_are_told_and_counted() {
    let home = Home::new();
    let server = served(&home, &[]);
    let refused = |status: u16| {
        let metrics = server.get("/metrics").text();
        let name = format!(
            "viewtally_http_request_duration_seconds_count{{route=\"unknown\",status=\"{status}\"}} "
        );
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
        line.map_or(0, |count| count.parse::<u64>().expect("a count"))
    };
    let long = format!("X: {}\r\n", "a".repeat(20_000));
    for (request, wanted) in [
        (get("/healthz", "X : y\r\n"), 400),
        (get("/healthz", &long), 431),
        (b"GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n".to_vec(), 505),
        (get("/healthz", "Transfer-Encoding: gzip\r\n"), 501),
        (get("/healthz", "Expect: x\r\n"), 417),
    ] {
        let before = refused(wanted);
        assert_problem(&ask(&server, &request), wanted);
        // Recorded once the answer is on its way.
        until(&format!("{wanted} is in the metrics"), || {
            refused(wanted) == before + 1
        });
    }
}

/// The body of what was refused must never be taken for the next request.
fn smuggles(lines: &str, body: &str, wanted: u16) {
    let home = Home::new();
    let server = served(&home, &[]);
    create(&server, "smuggled", "text");
    let mut client = Conn::open(server.address, Options::default()).expect("connected");
    let head = format!(
        "PUT /posts/hello HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
    );
    let request = format!("{head}{lines}\r\n{body}GET /posts/smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    client.send(request.as_bytes()).expect("sent");
    match client.next(false) {
        Next::Answer(answer) => assert_problem(&answer, wanted),
        other => panic!("{lines:?}: {other:?}"),
    }
    match client.next(false) {
        Next::End => {}
        other => panic!("{lines:?}: after the refusal came {other:?}"),
    }
    let post = ask(&server, &get("/posts/hello?count=false", "")).json();
    assert_eq!(post["title"], "hello", "{lines:?}: nothing is stored");
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 0, "{lines:?}");
}

#[test]
fn a_length_beyond_64_bits_smuggles_nothing() {
    smuggles("Content-Length: 18446744073709551616\r\n", "", 413);
}

#[test]
fn lines_that_hide_a_length_smuggle_nothing() {
    smuggles("\x0bContent-Length: 5\r\n", "", 400);
    smuggles("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n", 400);
    smuggles("X: y\r\n Content-Length: 5\r\n", "", 400);
}

#[test]
fn sizes_that_are_none_store_nothing() {
    let body = r#"{"title":"Never","body":"b"}"#;
    for size in ["+1c", " 1c", "1c;\nxx"] {
        let chunked = format!("{size}\r\n{body}\r\n0\r\n\r\n");
        smuggles("Transfer-Encoding: chunked\r\n", &chunked, 400);
    }
    smuggles(
        "Transfer-Encoding: chunked\r\n",
        &format!("1c\n{body}\n0\n\n"),
        400,
    );
}

#[test]
fn a_chunked_body_that_is_cut_short_is_not_stored() {
    let home = Home::new();
    let server = served(&home, &[]);
    let body = r#"{"title":"Never","body":"b"}"#;
    let cuts = [
        ("ff", ""),
        ("1d", ""),
        ("1c", ""),
        ("1c", "\r\n"),
        ("1c", "\r\n0"),
        ("1c", "\r\n0\r\n"),
    ];
    for (size, end) in cuts {
        for reads in [true, false] {
            let mut client = Conn::open(server.address, Options::default()).expect("connected");
            let request = format!(
                "PUT /posts/hello HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\n\
                 Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n{body}{end}"
            );
            client.send(request.as_bytes()).expect("sent");
            if reads {
                client.half_close();
                drop(client.next(false));
            }
            drop(client);
            crate::support::until("the connection is over", || {
                server.metric("connections") == 1
            });
            let post = ask(&server, &get("/posts/hello?count=false", "")).json();
            assert_eq!(
                post["title"], "hello",
                "cut of {size} after {end:?}, reads: {reads}"
            );
        }
    }
}

/// RFC 9112 §9.6: tokens over all lines of the field.
#[test]
fn a_second_line_that_closes_is_honoured() {
    let home = Home::new();
    let server = served(&home, &[]);
    let mut client = Conn::open(server.address, Options::default()).expect("connected");
    let answer = client.ask(&get(
        "/healthz",
        "Connection: keep-alive\r\nConnection: close\r\n",
    ));
    assert!(answer.closes(), "{answer:?}");
    assert!(matches!(client.next(false), Next::End));
}
