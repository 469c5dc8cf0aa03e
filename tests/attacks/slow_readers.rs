//! Fault 5: clients that ask the store for much and do not read it. A slot of the store was held through the blocking
//! write, and everybody else who asked the store got 503.

use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::support::attack::{Usage, ask, assert_back_at, create, get, served, until_idle};
use crate::support::raw::{Conn, Next, Options};
use crate::support::{Home, Server};

/// A year of hours: 400 kB, made from the store each time.
const SERIES: &str = "/posts/hello/views?by=hour&period=1y";

/// Reads of the store by others, on connections of their own, while the attackers hold on.
fn others_read(server: &Server) {
    let patient = Options {
        patience: Some(Duration::from_secs(8)),
        ..Options::default()
    };
    let start = Instant::now();
    for path in [
        "/posts",
        "/posts?sort=views",
        "/posts/hello/views",
        SERIES,
        "/views",
        "/posts/cold",
    ] {
        let asked = Instant::now();
        let mut other = Conn::open(server.address, patient).expect("connected");
        let answer = other.ask(&get(path, ""));
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert!(
            asked.elapsed() < Duration::from_secs(3),
            "{path} took {:?}",
            asked.elapsed()
        );
    }
    println!("six reads of the store took {:?}", start.elapsed());
}

/// Whoever reads at last, and with a larger window, gets what was asked for. Not the oldest of many: beyond the budget of
/// unsent bytes they give way.
fn read_at_last(slow: &mut Conn) {
    SockRef::from(&slow.stream)
        .set_recv_buffer_size(1 << 20)
        .expect("a larger window");
    // After a long stall the server's kernel looks only every few seconds whether there is room again (RFC 9293 §3.8.6.1).
    slow.stream
        .set_read_timeout(Some(crate::support::WAIT_LIMIT))
        .expect("an open socket");
    match slow.next(false) {
        Next::Answer(answer) => assert_eq!(answer.status, 200, "a slow reader is served"),
        other => panic!("a slow reader is not served: {other:?}"),
    }
}

/// Whether one of them, who reads at last, gets what was asked for.
#[derive(PartialEq)]
enum AtLast {
    Reads,
    Leaves,
}

fn attack(connections: usize, requests: usize, options: Options, at_last: AtLast) {
    let home = Home::new();
    let server = served(&home, &[("--request-timeout", "60s")]);
    create(&server, "cold", "text");
    let answer = ask(&server, &get(SERIES, ""));
    assert!(
        answer.body.len() > 300_000,
        "{} bytes fill no buffer",
        answer.body.len()
    );
    let before = Usage::at_rest(&server);
    let mut attackers: Vec<Conn> = (0..connections)
        .map(|_| Conn::open(server.address, options).expect("connected"))
        .collect();
    // One by one: each is there alone when the answer before it has found room in the buffers.
    for _ in 0..requests {
        for attacker in &mut attackers {
            attacker.send(&get(SERIES, "")).expect("sent");
        }
        until_idle(&server, Duration::from_secs(5));
    }
    others_read(&server);
    if at_last == AtLast::Reads {
        read_at_last(attackers.last_mut().expect("an attacker"));
    }
    drop(attackers);
    assert_back_at(&server, before);
}

#[test]
fn twelve_readers_with_small_windows_leave_the_store_to_others() {
    let options = Options {
        receive_buffer: Some(2048),
        segment: Some(1400),
        ..Options::default()
    };
    attack(12, 1, options, AtLast::Reads);
}

#[test]
fn twenty_four_readers_of_twelve_answers_leave_the_store_to_others() {
    let options = Options {
        receive_buffer: Some(64 << 10),
        ..Options::default()
    };
    // Loopback's buffers take up to nine such answers.
    attack(24, 12, options, AtLast::Reads);
}

#[test]
fn a_hundred_readers_with_tiny_segments_leave_the_store_to_others() {
    let options = Options {
        receive_buffer: Some(2048),
        segment: Some(536),
        ..Options::default()
    };
    // Segments this small take the last one too long to read it all.
    attack(100, 1, options, AtLast::Leaves);
}

/// README: a response that is not taken within `--request-timeout` ends its connection, and its view does not count.
#[test]
fn an_answer_that_is_not_taken_in_time_is_given_up_and_not_counted() {
    let home = Home::new();
    let server = served(&home, &[("--request-timeout", "1s")]);
    create(&server, "large", &"x".repeat(1_000_000));
    let quiet = server.metric("connections");
    let options = Options {
        receive_buffer: Some(4096),
        ..Options::default()
    };
    let attackers: Vec<Conn> = (0..10)
        .map(|_| {
            let mut attacker = Conn::open(server.address, options).expect("connected");
            attacker.send(&get("/posts/large", "")).expect("sent");
            attacker
        })
        .collect();
    let sent = Instant::now();
    crate::support::until("they are let go", || server.metric("connections") <= quiet);
    assert!(
        sent.elapsed() < Duration::from_secs(3),
        "{:?}",
        sent.elapsed()
    );
    drop(attackers);
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(home.database().views(), 0, "nobody has read it");
}
