//! RFC 9112 §9.6: a close first ends the writing side and reads on for a while. A reset would destroy the answer on its
//! way to a client that is still sending.

use std::time::{Duration, Instant};

use super::case::put;
use crate::support::attack::{Usage, assert_back_at, create, get, served};
use crate::support::raw::{Conn, Next, Options};
use crate::support::{Home, Server, assert_problem, let_pass};

/// Sends all of it before it reads, as most clients do.
fn answer_after_all(server: &Server, request: &[u8], wanted: u16) {
    let mut client = Conn::open(server.address, Options::default()).expect("connected");
    let start = &request[..request.len().min(60)];
    client
        .send(request)
        .unwrap_or_else(|error| panic!("{:?}: {error}", String::from_utf8_lossy(start)));
    // The answer waits in the client's buffer, where a reset would find it.
    let_pass(Duration::from_millis(100));
    match client.next(false) {
        Next::Answer(answer) if wanted < 400 => assert_eq!(answer.status, wanted),
        Next::Answer(answer) => assert_problem(&answer, wanted),
        other => panic!("{wanted}: {other:?}"),
    }
    assert!(matches!(client.next(false), Next::End));
}

#[test]
fn whoever_is_refused_while_sending_can_read_why() {
    let home = Home::new();
    let server = served(&home, &[]);
    create(&server, "edited", "b");
    let body = "x".repeat(3_000_000);
    for _ in 0..5 {
        answer_after_all(&server, &put("Content-Length: 3000000\r\n", &body), 413);
        let chunked = format!("2dc6c0\r\n{body}\r\n0\r\n\r\n");
        answer_after_all(
            &server,
            &put("Transfer-Encoding: chunked\r\n", &chunked),
            413,
        );
        let head = format!("X: {body}\r\n");
        answer_after_all(&server, &get("/healthz", &head), 431);
        answer_after_all(
            &server,
            &[b"GET /\x01\r\n\r\n", body.as_bytes()].concat(),
            400,
        );
        let unwanted =
            format!("POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n{body}");
        answer_after_all(&server, unwanted.as_bytes(), 404);
        let last = [
            get("/healthz", "Connection: close\r\n"),
            body.clone().into_bytes(),
        ]
        .concat();
        answer_after_all(&server, &last, 200);
    }
}

/// The while is bounded: who sends on and on is let go, and holds no thread meanwhile.
#[test]
fn whoever_sends_on_is_let_go() {
    let home = Home::new();
    let server = served(&home, &[]);
    let before = Usage::at_rest(&server);
    let mut clients: Vec<Conn> = (0..50)
        .map(|_| {
            let mut client = Conn::open(server.address, Options::default()).expect("connected");
            client.send(b"GET\r\n\r\n").expect("sent");
            client
        })
        .collect();
    let start = Instant::now();
    let mut left = clients.len();
    while left > 0 {
        assert!(
            start.elapsed() < Duration::from_secs(6),
            "{left} may still send"
        );
        assert!(
            Usage::of(&server).threads <= before.threads + 8,
            "a thread each"
        );
        left = clients
            .iter_mut()
            .map(|client| client.send(b"x").is_ok())
            .filter(|&sends| sends)
            .count();
        let_pass(Duration::from_millis(50));
    }
    assert!(
        start.elapsed() > Duration::from_millis(300),
        "no while at all: {:?}",
        start.elapsed()
    );
    drop(clients);
    assert_back_at(&server, before);
}
