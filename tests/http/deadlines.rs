//! RFC 9110 §15.5.9: a request that does not come whole in time is told so, however it drips; a silent connection ends
//! without an answer.

use std::time::{Duration, Instant};

use super::case::{EDITED, put, sized};
use crate::support::attack::{create, get, served};
use crate::support::raw::{Conn, Next, Options};
use crate::support::{Home, Server, assert_problem};

const REQUEST: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(2);

fn with_deadlines(home: &Home) -> Server {
    let flags = [("--request-timeout", "1s"), ("--idle-timeout", "2s")];
    let server = served(home, &flags);
    create(&server, "edited", "b");
    server
}

/// Sends the first bytes, then one more every 100 ms; what came of it, and when.
fn drip(server: &Server, first: &[u8], more: u8) -> (Next, Duration) {
    let options = Options {
        patience: Some(Duration::from_millis(100)),
        ..Options::default()
    };
    let mut client = Conn::open(server.address, options).expect("connected");
    let start = Instant::now();
    client.send(first).expect("sent");
    loop {
        match client.next(false) {
            Next::Silence if start.elapsed() < 5 * REQUEST => {
                let _ = client.send(&[more]);
            }
            other => return (other, start.elapsed()),
        }
    }
}

fn is_told(name: &str, (next, took): (Next, Duration)) {
    match next {
        Next::Answer(answer) => assert_problem(&answer, 408),
        other => panic!("{name}: {other:?} after {took:?}"),
    }
    assert!(
        took >= REQUEST - Duration::from_millis(50),
        "{name} after {took:?}"
    );
    assert!(took < 2 * REQUEST, "{name} after {took:?}");
}

#[test]
fn heads_that_drip_get_408() {
    let home = Home::new();
    let server = with_deadlines(&home);
    std::thread::scope(|scope| {
        for (name, first) in [
            ("from the first byte", b"G".to_vec()),
            ("in the request line", b"GET /aaaa".to_vec()),
            ("in a value", b"GET / HTTP/1.1\r\nHost: a\r\nX: ".to_vec()),
        ] {
            let server = &server;
            scope.spawn(move || is_told(name, drip(server, &first, b'a')));
        }
    });
    // The deadline of the second begins with its own first byte.
    let options = Options {
        patience: Some(Duration::from_secs(5)),
        ..Options::default()
    };
    let mut client = Conn::open(server.address, options).expect("connected");
    assert_eq!(client.ask(&get("/healthz", "")).status, 200);
    std::thread::sleep(IDLE / 2);
    let start = Instant::now();
    client.send(b"GET /aaa").expect("sent");
    is_told("behind a request", (client.next(false), start.elapsed()));
}

#[test]
fn bodies_that_drip_get_408() {
    let home = Home::new();
    let server = with_deadlines(&home);
    let chunked = "Transfer-Encoding: chunked\r\n";
    std::thread::scope(|scope| {
        for (name, first, more) in [
            ("a small body", put("Content-Length: 900\r\n", "{"), b' '),
            ("a body", put("Content-Length: 9000\r\n", "{"), b' '),
            ("a large body", put("Content-Length: 90000\r\n", "{"), b' '),
            ("a size line", put(chunked, "0"), b'0'),
            ("an extension", put(chunked, "1;"), b'x'),
            ("a chunk", put(chunked, "ff\r\n{"), b' '),
            ("a trailer", put(chunked, "1\r\n{\r\n0\r\nX: "), b'x'),
        ] {
            let server = &server;
            scope.spawn(move || is_told(name, drip(server, &first, more)));
        }
    });
}

#[test]
fn a_silent_connection_ends_without_an_answer() {
    let home = Home::new();
    let server = with_deadlines(&home);
    for asks in [false, true] {
        let mut client = Conn::open(server.address, Options::default()).expect("connected");
        if asks {
            assert_eq!(client.ask(&get("/healthz", "")).status, 200);
        }
        let start = Instant::now();
        match client.next(false) {
            Next::End => {}
            other => panic!("{other:?}"),
        }
        let took = start.elapsed();
        assert!(
            took >= IDLE - Duration::from_millis(50) && took < 2 * IDLE,
            "{took:?}"
        );
    }
}

/// In time, though slowly.
#[test]
fn a_request_that_comes_in_pieces_within_its_deadline_is_served() {
    let home = Home::new();
    let server = with_deadlines(&home);
    let mut client = Conn::open(server.address, Options::default()).expect("connected");
    for _ in 0..3 {
        let request = put(&sized(EDITED), EDITED);
        for piece in request.chunks(request.len() / 10) {
            client.send(piece).expect("sent");
            std::thread::sleep(REQUEST / 20);
        }
        match client.next(false) {
            Next::Answer(answer) => assert_eq!(answer.status, 200, "{answer:?}"),
            other => panic!("{other:?}"),
        }
    }
}
