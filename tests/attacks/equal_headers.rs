//! Fault 4: equal headers by the hundred thousand, which the library compared each with each.

use std::time::{Duration, Instant};

use crate::support::attack::{ask, cpu, get, served};
use crate::support::raw::{Conn, Options};
use crate::support::{Home, let_pass};

/// What the server may take for a refusal and for throwing away what else comes.
const BOUND: Duration = Duration::from_millis(50);

fn costs(before: &[u8], headers: usize) -> Duration {
    let home = Home::new();
    let server = served(&home, &[]);
    assert_eq!(ask(&server, &get("/healthz", "")).status, 200);
    let used = cpu(&server);
    let options = Options {
        patience: Some(Duration::from_secs(3)),
        ..Options::default()
    };
    let mut attacker = Conn::open(server.address, options).expect("connected");
    let line = b"Connection: x\r\n";
    let head = b"GET /posts/hello HTTP/1.1\r\nHost: a\r\n";
    let end = b"\r\n";
    let all = [before, head, &line.repeat(headers), end].concat();
    // It is refused after a few thousand; what the client sends then goes nowhere.
    let _ = attacker.send(&all);
    drop(attacker.next(false));
    drop(attacker);
    // What it would cost after the client has left is part of it.
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
    assert_eq!(ask(&server, &get("/healthz", "")).status, 200);
    let cost = last - used;
    println!("{headers} equal headers cost {cost:?}");
    cost
}

#[test]
fn a_hundred_thousand_equal_headers_cost_next_to_nothing() {
    let cost = costs(b"", 100_000);
    assert!(cost < BOUND, "{cost:?}");
}

/// Behind another request in the same burst nobody looked at them before the library had them all.
#[test]
fn a_hundred_thousand_equal_headers_behind_a_request_cost_next_to_nothing() {
    let cost = costs(&get("/healthz", ""), 100_000);
    assert!(cost < BOUND, "{cost:?}");
}
