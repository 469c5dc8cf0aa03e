//! Fault 4, its second part: heads in segments of one byte, each of which had the whole head looked at again.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::attack::{cpu, served};
use crate::support::raw::{self, Options};
use crate::support::{Home, twice};

/// The share of a core that such clients may take.
const BOUND: f64 = 0.30;

/// Heads byte by byte from 100 connections, each beginning with `start` in one piece; the share of a core they cost.
fn share(segments_a_second: usize, start: &[u8], span: Duration) -> f64 {
    let home = Home::new();
    let server = served(&home, &[("--request-timeout", "30s")]);
    let line: &[u8] = b"X-Forwarded-Something: abcdefghijklmnopqrstuvwxyz0123456789\r\n";
    let mut attackers: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut attacker = raw::connect(server.address, Options::default()).expect("connected");
            attacker.write_all(start).expect("sent");
            attacker
        })
        .collect();
    let (used, begin) = (cpu(&server), Instant::now());
    let mut sent = 0;
    while begin.elapsed() < span {
        // Whatever this thread slept too long is made up for at once, so that the rate is kept.
        let due = (begin.elapsed().as_secs_f64() * segments_a_second as f64) as usize;
        while sent < due {
            let number = attackers.len();
            let byte = line[(sent / number) % line.len()];
            attackers[sent % number]
                .write_all(&[byte])
                .expect("a head may take its time");
            sent += 1;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = begin.elapsed();
    let share = (cpu(&server) - used).as_secs_f64() / took.as_secs_f64();
    let rate = sent as f64 / took.as_secs_f64();
    println!(
        "{rate:.0} segments a second cost {:.1} % of a core",
        share * 100.0
    );
    assert!(
        rate > 0.9 * segments_a_second as f64,
        "only {rate:.0} a second"
    );
    share
}

fn within(segments_a_second: usize, start: &[u8], span: Duration) {
    twice("heads byte by byte", || {
        let share = share(segments_a_second, start, span);
        if share < BOUND {
            Ok(())
        } else {
            Err(format!("{:.0} % of a core", share * 100.0))
        }
    });
}

const SHORT: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n";

/// A build without optimisation is several times slower: a fifth of the rate, the same bound.
#[test]
fn heads_byte_by_byte_cost_little() {
    within(2000, SHORT, Duration::from_secs(2));
}

#[test]
#[ignore = "slow: make test-long"]
fn ten_thousand_segments_a_second_cost_little() {
    within(10_000, SHORT, Duration::from_secs(5));
}

/// Heads of 12 kB to which a byte is added now and then: looking at all of it each time would show.
#[test]
#[ignore = "slow: make test-long"]
fn ten_thousand_segments_a_second_of_long_heads_cost_little() {
    let long = [
        SHORT,
        &b"X: abcdefghijklmnopqrstuvwxyz012345\r\n".repeat(230)[..],
    ]
    .concat();
    assert!(long.len() < 12_000, "room for what is added");
    within(10_000, &long, Duration::from_secs(5));
}
