//! Fault 4: equal headers by the hundred thousand. Looking one name up compared each with each, after the client had left.

use std::time::{Duration, Instant};

use crate::support::attack::{ask, cpu, get, served};
use crate::support::raw::{Conn, Next, Options};
use crate::support::{Home, let_pass};

/// What the server may take for a refusal and for throwing away what else comes.
const BOUND: Duration = Duration::from_millis(50);

/// Sends a hundred thousand of a line in one head behind these bytes; what they cost the server.
fn costs(before: &[u8], line: &str) {
    let home = Home::new();
    let server = served(&home, &[("--trust-proxy", "127.0.0.0/8")]);
    assert_eq!(ask(&server, &get("/healthz", "")).status, 200);
    let used = cpu(&server);
    let options = Options {
        patience: Some(Duration::from_secs(3)),
        ..Options::default()
    };
    let mut attacker = Conn::open(server.address, options).expect("connected");
    let all = [before, &get("/posts/hello", &line.repeat(100_000))].concat();
    // It is refused after a few hundred; what the client sends then goes nowhere.
    let _ = attacker.send(&all);
    attacker.half_close();
    while let Next::Answer(_) = attacker.next(false) {}
    drop(attacker);
    // What it costs after the client has left is part of it.
    let start = Instant::now();
    let mut last = cpu(&server);
    let mut still = Instant::now();
    while start.elapsed() < Duration::from_secs(6) && still.elapsed() < Duration::from_millis(500) {
        let_pass(Duration::from_millis(20));
        let now = cpu(&server);
        if now > last {
            (last, still) = (now, Instant::now());
        }
    }
    let cost = last - used;
    println!("100,000 of {line:?} cost {cost:?}");
    assert!(cost < BOUND, "100,000 of {line:?} cost {cost:?}");
    assert_eq!(ask(&server, &get("/healthz", "")).status, 200);
}

#[test]
fn a_hundred_thousand_equal_headers_cost_next_to_nothing() {
    costs(b"", "a: b\r\n");
}

/// Behind another request in the same burst nobody looked at them before the library had them all.
#[test]
fn a_hundred_thousand_lengths_behind_a_request_cost_next_to_nothing() {
    costs(&get("/healthz", ""), "Content-Length: 0\r\n");
}

#[test]
fn a_hundred_thousand_proxies_behind_a_request_cost_next_to_nothing() {
    costs(&get("/healthz", ""), "X-Forwarded-For: 192.0.2.1\r\n");
}
