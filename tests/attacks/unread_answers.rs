//! Fault 3, its last part: answers of a megabyte that are asked for by the thousand and never read.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::attack::{
    ENOUGH, Peak, Usage, ask, assert_back_at, create, get, room_for, served,
};
use crate::support::raw::{self, Options};
use crate::support::{Home, let_pass};

fn never_read(connections: usize, bound: u64) {
    if !room_for(connections) {
        return;
    }
    let home = Home::new();
    let server = served(&home, &[("--request-timeout", "30s")]);
    let posts: Vec<String> = (0..20)
        .map(|number| {
            let slug = format!("large-{number}");
            create(&server, &slug, &"x".repeat(1_000_000));
            format!("/posts/{slug}?count=false")
        })
        .collect();
    for path in posts.iter().chain(&posts) {
        assert_eq!(ask(&server, &get(path, "")).status, 200);
    }
    let before = Usage::at_rest(&server);
    let peak = Peak::from_now(&server);
    let requests: Vec<u8> = posts.iter().flat_map(|path| get(path, "")).collect();
    let options = Options {
        receive_buffer: Some(4096),
        patience: Some(Duration::from_secs(10)),
        ..Options::default()
    };
    let mut attackers: Vec<TcpStream> = Vec::new();
    for _ in 0..connections {
        // Beyond its budget the server closes connections of whoever holds most of it.
        let mut attacker = raw::connect(server.address, options).expect("connected");
        let _ = attacker.write_all(&requests);
        attackers.push(attacker);
        if peak.grown(&server) > ENOUGH {
            break;
        }
    }
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3) && peak.grown(&server) < ENOUGH {
        let_pass(Duration::from_millis(20));
    }
    let grown = peak.grown(&server);
    let asked = attackers.len();
    println!("{asked} connections of 20 unread megabytes: grown by {grown} KiB");
    assert!(grown < bound, "grown by {grown} KiB");
    let answer = ask(&server, &get(&posts[0], ""));
    assert_eq!(answer.status, 200, "others are served");
    assert!(answer.body.len() > 1_000_000);
    drop(attackers);
    assert_back_at(&server, before);
}

#[test]
fn a_hundred_connections_of_unread_megabytes_stay_within_the_budget() {
    never_read(100, 64 << 10);
}

#[test]
#[ignore = "slow: make test-long"]
fn a_thousand_connections_of_unread_megabytes_stay_within_the_budget() {
    never_read(1000, 64 << 10);
}

/// One connection that asks for all of it costs one response at a time.
#[test]
fn one_connection_of_unread_megabytes_costs_little() {
    never_read(1, 16 << 10);
}
