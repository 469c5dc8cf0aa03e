//! A client that keeps a thread waiting keeps nobody else waiting, and one that only waits itself costs no thread.

use std::time::{Duration, Instant};

use crate::support::http::BEARER;
use crate::support::{Client, Home, Lock, Server, http, until};

/// More than there are threads at work on any machine this is likely to run on.
const MANY: usize = 200;

/// Far below what those clients wait for, far above what a read takes.
const SOON: Duration = Duration::from_secs(5);

fn served(home: &Home, flags: &[(&str, &str)]) -> Server {
    let server = home.serve().flags(flags).start();
    server.create("hello", "text");
    server
}

/// Many clients that send these bytes and no more.
fn clients(server: &Server, bytes: &[u8]) -> Vec<Client> {
    (0..MANY)
        .map(|_| {
            let mut client = server.connect();
            client.send(bytes).expect("sent");
            client
        })
        .collect()
}

/// Reads of old and new connections are answered soon.
fn others_are_served(server: &Server, known: &mut Client) {
    let start = Instant::now();
    for _ in 0..20 {
        assert_eq!(known.get("/posts/hello?count=false").status, 200);
        assert_eq!(server.get("/posts/hello?count=false").status, 200);
    }
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

#[test]
fn bodies_that_do_not_come() {
    let home = Home::new();
    let server = served(&home, &[]);
    let mut known = server.connect();
    let head = "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{";
    let request = format!("POST /posts HTTP/1.1\r\nHost: a\r\n{BEARER}{head}");
    let waiting = clients(&server, request.as_bytes());
    others_are_served(&server, &mut known);
    drop(waiting);
    others_are_served(&server, &mut known);
}

/// The library takes all of these for heads of a request with a body.
#[test]
fn bodies_announced_in_ways_of_their_own() {
    for head in [
        " Content-Length: 5",
        "Content-Length : 5",
        "X: y\r\n\tContent-Length: 5",
    ] {
        let home = Home::new();
        let server = served(&home, &[]);
        let mut known = server.connect();
        let request = format!("GET /posts/hello HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n");
        let waiting = clients(&server, request.as_bytes());
        others_are_served(&server, &mut known);
        drop(waiting);
    }
}

#[test]
fn responses_that_are_not_read() {
    let home = Home::new();
    let server = served(&home, &[]);
    server.create("large", &"x".repeat(900_000));
    let mut known = server.connect();
    let request = http::request_bytes("GET", "/posts/large?count=false", &[], b"");
    let mut waiting = clients(&server, &request);
    for _ in 0..8 {
        // One after the other, so that none comes along with another.
        for client in &mut waiting {
            client.send(&request).expect("sent");
        }
    }
    others_are_served(&server, &mut known);
    drop(waiting);
}

#[test]
fn heads_sent_in_part_cost_no_thread() {
    let home = Home::new();
    let server = served(&home, &[]);
    let mut known = server.connect();
    let mut waiting = clients(&server, b"GET /posts/hello HTTP/1.1\r\nHost: a\r");
    others_are_served(&server, &mut known);
    assert!(
        server.metric("http_threads") < MANY / 4,
        "{}",
        server.metric("http_threads")
    );
    for client in &mut waiting {
        client.send(b"\n\r\n").expect("sent");
    }
    for mut client in waiting {
        assert_eq!(client.read().expect("an answer").expect("one").status, 200);
    }
}

#[test]
fn kept_connections_cost_no_thread() {
    let home = Home::new();
    let server = served(&home, &[]);
    let mut kept = clients(
        &server,
        &http::request_bytes("GET", "/posts/hello", &[], b""),
    );
    for client in &mut kept {
        assert_eq!(client.read().expect("an answer").expect("one").status, 200);
    }
    until("threads that were needed have gone", || {
        server.metric("http_threads") < MANY / 4
    });
    for client in &mut kept {
        assert_eq!(client.get("/posts/hello").status, 200);
    }
}

/// The rule `wait` keeps the connection that sent the view, and nobody else.
#[test]
fn a_full_channel_under_the_rule_wait() {
    let home = Home::new();
    let flags = [
        ("--overflow", "wait"),
        ("--overflow-wait", "60s"),
        ("--queue-capacity", "8"),
    ];
    let server = served(&home, &flags);
    let mut known = server.connect();
    let lock = Lock::hold(&home.database_file());
    let request = http::request_bytes("GET", "/posts/hello", &[], b"");
    let mut waiting = clients(&server, &request);
    for client in &mut waiting {
        assert_eq!(client.read().expect("an answer").expect("one").status, 200);
    }
    others_are_served(&server, &mut known);
    lock.release();
    until("every view is counted", || {
        server.get("/views").json()["views"] == MANY
    });
}

/// Hundreds of posts asked for by hundreds of clients the moment the server starts: the store reads a few at a time,
/// and no thread waits for it on behalf of each client.
#[test]
fn posts_that_are_not_in_memory_yet() {
    let home = Home::new();
    let server = served(&home, &[]);
    for number in 0..MANY {
        server.create(&format!("post-{number}"), "text");
    }
    assert_eq!(server.stop().code, Some(0));
    let server = home.serve().start();
    let mut waiting: Vec<Client> = (0..MANY).map(|_| server.connect()).collect();
    for (number, client) in waiting.iter_mut().enumerate() {
        let path = format!("/posts/post-{number}");
        client
            .send(&http::request_bytes("GET", &path, &[], b""))
            .expect("sent");
    }
    for client in &mut waiting {
        assert_eq!(client.read().expect("an answer").expect("one").status, 200);
    }
    assert!(
        server.metric("http_threads") < 40,
        "{}",
        server.metric("http_threads")
    );
}

/// The same for what always asks the store, reading and writing.
#[test]
fn lists_and_edits_by_the_hundred() {
    let home = Home::new();
    let server = served(&home, &[]);
    let list = http::request_bytes("GET", "/posts?sort=views", &[], b"");
    let edit = http::request_bytes(
        "PUT",
        "/posts/hello",
        &[("Content-Type", "application/json")],
        br#"{"title": "Hello", "slug": "hello", "body": "other"}"#,
    );
    let mut waiting: Vec<Client> = (0..MANY).map(|_| server.connect()).collect();
    for (number, client) in waiting.iter_mut().enumerate() {
        let request = if number % 2 == 0 { &list } else { &edit };
        client.send(request).expect("sent");
    }
    for client in &mut waiting {
        assert_eq!(client.read().expect("an answer").expect("one").status, 200);
        assert_eq!(client.get("/posts/hello").status, 200, "and goes on");
    }
    assert!(
        server.metric("http_threads") < 40,
        "{}",
        server.metric("http_threads")
    );
}

#[test]
fn a_client_that_ends_its_half_is_answered_and_then_closed() {
    let home = Home::new();
    let server = served(&home, &[]);
    let request = http::request_bytes("GET", "/posts/hello", &[], b"");
    for requests in [1, 2, 5] {
        let mut client = server.connect();
        client.send(&request.repeat(requests)).expect("sent");
        client.half_close();
        let start = Instant::now();
        for _ in 0..requests {
            assert_eq!(client.read().expect("an answer").expect("one").status, 200);
        }
        let rest = client.read_to_end();
        assert!(start.elapsed() < SOON, "closed, not left to time out");
        if requests == 1 {
            assert_eq!(String::from_utf8_lossy(&rest), "");
        }
    }
}

/// Requests that come while the one before them is being served, cut anywhere.
#[test]
fn requests_cut_anywhere_are_all_answered() {
    let home = Home::new();
    let server = served(&home, &[]);
    let one = http::request_bytes("GET", "/posts/hello", &[], b"");
    let many = one.repeat(30);
    for size in [1, 7, one.len() - 1, one.len() + 1, 3 * one.len() - 2, 1024] {
        let mut client = server.connect();
        for part in many.chunks(size) {
            client.send(part).expect("sent");
        }
        for number in 0..30 {
            let answer = client.read().expect("an answer").expect("one");
            assert_eq!(answer.status, 200, "request {number}, in parts of {size}");
        }
        assert_eq!(client.get("/posts/hello").status, 200, "and goes on");
    }
}
