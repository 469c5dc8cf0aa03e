//! Fault 1: a request line of version 2.0 after a space, its end two seconds later, and the connection closed. The
//! library waited for itself, a thread and two descriptors a request, until nobody was served any more.

use std::net::TcpStream;
use std::time::Duration;

use crate::support::attack::{Usage, ask, assert_back_at, get, room_for, served};
use crate::support::raw::{self, Conn, Options};
use crate::support::{Home, Server, let_pass};

/// Sends the request on so many connections, each in its two parts, and leaves.
fn attack(server: &Server, connections: usize) {
    let options = Options {
        patience: Some(Duration::from_secs(10)),
        ..Options::default()
    };
    let mut attackers: Vec<TcpStream> = (0..connections)
        .filter_map(|_| {
            let mut attacker = raw::connect(server.address, options).ok()?;
            std::io::Write::write_all(&mut attacker, b" GET / HTTP/2.0").ok()?;
            Some(attacker)
        })
        .collect();
    let_pass(Duration::from_secs(2));
    for attacker in &mut attackers {
        // The refusal may have come already.
        let _ = std::io::Write::write_all(attacker, b"\r\n\r\n");
    }
}

fn serves(server: &Server) {
    let options = Options {
        patience: Some(Duration::from_secs(5)),
        ..Options::default()
    };
    let mut client = Conn::open(server.address, options).expect("connected");
    assert_eq!(client.ask(&get("/posts/hello?count=false", "")).status, 200);
}

#[test]
fn a_later_version_after_a_space_costs_no_thread() {
    let home = Home::new();
    let server = served(&home, &[]);
    let before = Usage::at_rest(&server);
    attack(&server, 60);
    assert_back_at(&server, before);
    serves(&server);
}

#[test]
fn a_later_version_after_a_space_takes_no_descriptors() {
    let home = Home::new();
    let server = home
        .serve()
        .flag("--token", crate::support::attack::TOKEN)
        .descriptors(64)
        .start();
    crate::support::attack::create(&server, "hello", "text");
    let before = Usage::at_rest(&server);
    attack(&server, 40);
    assert_back_at(&server, before);
    serves(&server);
}

#[test]
#[ignore = "slow: make test-long"]
fn with_1024_descriptors_510_such_requests_harm_nobody() {
    if !room_for(1000) {
        return;
    }
    let home = Home::new();
    let server = home
        .serve()
        .flag("--token", crate::support::attack::TOKEN)
        .descriptors(1024)
        .start();
    crate::support::attack::create(&server, "hello", "text");
    let before = Usage::at_rest(&server);
    attack(&server, 510);
    assert_back_at(&server, before);
    serves(&server);
}

/// Each part of such a request by itself: refused as soon as it can be told.
#[test]
fn a_space_before_a_request_is_refused_at_once() {
    let home = Home::new();
    let server = served(&home, &[]);
    let answer = ask(&server, b" GET / HTTP/2.0\r\n\r\n");
    crate::support::assert_problem(&answer, 400);
}
