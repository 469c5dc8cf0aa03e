//! Bugs of the serving loop that clients could bring out: a test for each.

use std::time::{Duration, Instant};

use crate::support::http::BEARER;
use crate::support::{Client, Home, Server, Signal, assert_problem, http, let_pass, until};

/// Far below what the clients here wait for, far above what a read takes.
const SOON: Duration = Duration::from_secs(4);

fn served(home: &Home, flags: &[(&str, &str)]) -> Server {
    let server = home.serve().flags(flags).start();
    server.create("hello", "text");
    server
}

fn with_body(target: &str, headers: &str, length: usize) -> Vec<u8> {
    let body = "x".repeat(length);
    format!("POST {target} HTTP/1.1\r\nHost: a\r\n{BEARER}{headers}Content-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// Threads that serve beyond those that always do: one for each processor, two at least.
fn has_spare_threads(server: &Server) -> bool {
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    server.metric("http_threads") > processors.max(2)
}

/// A body nobody wanted left its deadline behind: a thread that had nothing to do was abandoned seconds later, and a
/// connection counted as ended that did not exist. From then on the server accepted nobody.
#[test]
fn an_unwanted_body_leaves_no_deadline_behind() {
    let home = Home::new();
    let flags = [("--request-timeout", "100ms"), ("--idle-timeout", "1s")];
    let server = served(&home, &flags);
    for length in [2000, 200_000] {
        let mut client = server.connect();
        client.send(&with_body("/nope", "", length)).expect("sent");
        assert_eq!(
            client.read().expect("whole").expect("an answer").status,
            404
        );
    }
    // One that never comes whole.
    let mut client = server.connect();
    let mut partly = with_body("/posts", "Content-Type: application/json\r\n", 2000);
    partly.truncate(partly.len() - 10);
    client.send(&partly).expect("sent");
    drop(client.read());
    drop(client);
    until("nobody is connected but who asks", || {
        server.metric("connections") == 1
    });
    // Any request would set the deadline anew: nobody asks until the deadline monitor has run, two seconds after it.
    let_pass(SOON);
    assert_eq!(server.get("/healthz").status, 200);
    until("no thread is left over", || !has_spare_threads(&server));
    until("nobody else is connected", || {
        server.metric("connections") == 1
    });
}

/// The library gives such a request all that comes on the connection for its body.
#[test]
fn bodies_of_upgrades_hold_nobody_up() {
    let home = Home::new();
    let server = served(&home, &[]);
    let mut known = server.connect();
    let mut waiting: Vec<Client> = (0..60)
        .map(|number| {
            let target = if number % 2 == 0 { "/nope" } else { "/posts" };
            let mut client = server.connect();
            client
                .send(&with_body(target, "Connection: upgrade\r\n", 2000))
                .expect("sent");
            client
        })
        .collect();
    let start = Instant::now();
    for _ in 0..20 {
        assert_eq!(known.get("/posts/hello").status, 200);
    }
    let edit = serde_json::json!({"title": "Hello", "slug": "hello", "body": "other"});
    assert_eq!(server.send_json("PUT", "/posts/hello", &edit).status, 200);
    for client in &mut waiting {
        let answer = client.read().expect("whole").expect("an answer");
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

/// After a pause every deadline is long over; threads that waited for their client were abandoned for that.
#[test]
fn a_process_that_stood_still_gives_no_thread_up() {
    let home = Home::new();
    let server = served(&home, &[("--idle-timeout", "1s")]);
    let mut waiting: Vec<Client> = (0..3).map(|_| server.connect()).collect();
    for client in &mut waiting {
        // Two at once: the library used to read ahead, so that a thread stayed with the connection.
        let request = http::request_bytes("GET", "/posts/hello", &[], b"");
        client.send(&request.repeat(2)).expect("sent");
        for _ in 0..2 {
            assert_eq!(
                client.read().expect("whole").expect("an answer").status,
                200
            );
        }
    }
    server.signal(Signal::Stop);
    let_pass(SOON);
    server.signal(Signal::Cont);
    for client in &mut waiting {
        assert!(client.is_closed());
    }
    until("nobody is connected but who asks", || {
        server.metric("connections") == 1
    });
    until("no thread is left over", || !has_spare_threads(&server));
    assert_eq!(server.stop().code, Some(0));
}

/// However a later version is written, the library, which waits for itself on one, never hears of it.
#[test]
fn a_later_version_is_refused_in_every_spelling() {
    let home = Home::new();
    let server = served(&home, &[("--idle-timeout", "1s")]);
    let long = format!("X-Long: {}\r\n", "a".repeat(40_000));
    for (first, rest, status) in [
        ("GET / HTTP/2.0 \r\nHost: a\r\n\r\n", "", 400),
        ("GET / HTTP/2.0 x\r\nHost: a\r\n\r\n", "", 400),
        ("GET / HTTP/3.0 HTTP/1.1\r\nHost: a\r\n\r\n", "", 400),
        (" \x0bGET / HTTP/2.0\r\nHost: a\r\n\r\n", "", 400),
        ("GET / HTTP/2.0\r\n", "Host: a\r\n\r\n", 505),
        ("GET / HTTP/2.0\r\n", &long, 505),
    ] {
        let mut client = server.connect();
        client.send(first.as_bytes()).expect("sent");
        // Whether it is still heard does not matter.
        drop(client.send(rest.as_bytes()));
        let answer = client.read().expect("whole").expect("an answer");
        assert_problem(&answer, status);
    }
    let_pass(SOON);
    until("no thread is left over", || !has_spare_threads(&server));
}

#[test]
fn a_head_without_end_is_told_so() {
    let home = Home::new();
    let server = served(&home, &[]);
    let head = format!(
        "GET /posts/hello HTTP/1.1\r\nHost: a\r\nX-Long: {}",
        "a".repeat(16 << 10)
    );
    let mut client = server.connect();
    client.send(head.as_bytes()).expect("sent");
    let answer = client.read().expect("whole").expect("an answer");
    assert_problem(&answer, 431);
    assert!(client.is_closed());
    // A long one with an end is served.
    let headers = [("X-Long", &*"a".repeat(12 << 10))];
    let request = http::request_bytes("GET", "/posts/hello", &headers, b"");
    let mut client = server.connect();
    client.send(&request).expect("sent");
    assert_eq!(
        client.read().expect("whole").expect("an answer").status,
        200
    );
}

/// The library ended a connection wherever it found the word, in `closed` too. Options are whole tokens (RFC 9110 §7.6.1).
#[test]
fn only_the_option_close_ends_a_connection_and_the_answer_says_so() {
    let home = Home::new();
    let server = served(&home, &[]);
    for value in ["closed", "not-close", "Upgrades"] {
        let mut client = server.connect();
        let headers = [("Connection", value)];
        for _ in 0..2 {
            let answer = client.request("GET", "/posts/hello", &headers, b"");
            assert!(!answer.closes(), "{value}: {:?}", answer.headers);
        }
    }
    for value in ["close", "Keep-Alive, CLOSE"] {
        let mut client = server.connect();
        let headers = [("Connection", value)];
        client
            .send(&http::request_bytes("GET", "/posts/hello", &headers, b""))
            .expect("sent");
        let answer = client.read().expect("whole").expect("an answer");
        assert!(answer.closes(), "{value}: {:?}", answer.headers);
        assert!(client.is_closed(), "{value}");
    }
}
