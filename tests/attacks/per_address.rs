//! Who wants a cap can have one: `--max-connections-per-address`. Proxies that are trusted carry many clients: neither
//! the cap nor the rule for a full house is for them.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::support::attack::{get, served};
use crate::support::raw::{Conn, Next, Options};
use crate::support::{Home, Server, until};

fn from(last: u8) -> Options {
    Options {
        from: Some(Ipv4Addr::new(127, 0, 0, last)),
        patience: Some(Duration::from_secs(5)),
        ..Options::default()
    }
}

/// Connects and asks once; `None` where the connection was closed unanswered.
fn kept(server: &Server, last: u8) -> Option<Conn> {
    let mut client = Conn::open(server.address, from(last)).ok()?;
    client.send(&get("/healthz", "")).ok()?;
    match client.next(false) {
        Next::Answer(answer) => {
            assert_eq!(answer.status, 200);
            Some(client)
        }
        // A closed socket in whose buffer the request was still waiting is reset.
        Next::End | Next::Reset => None,
        other => panic!("neither served nor closed: {other:?}"),
    }
}

/// The same, until the server has it among those that wait: a worker may be interrupted between its answer and that, while
/// others answer those who came later.
fn kept_waiting(server: &Server, last: u8) -> Option<Conn> {
    let client = kept(server, last)?;
    until("all wait", || server.all_threads_are('S'));
    Some(client)
}

#[test]
fn an_address_gets_as_many_as_the_cap_says() {
    let home = Home::new();
    let server = served(&home, &[("--max-connections-per-address", "5")]);
    let first: Vec<Option<Conn>> = (0..8).map(|_| kept(&server, 2)).collect();
    let served: Vec<bool> = first.iter().map(Option::is_some).collect();
    assert_eq!(served, [true, true, true, true, true, false, false, false]);
    assert!(kept(&server, 3).is_some(), "another address has its own");
    drop(first);
    until("what was left is free again", || kept(&server, 2).is_some());
}

#[test]
fn a_trusted_proxy_has_no_cap() {
    let home = Home::new();
    let flags = [
        ("--max-connections-per-address", "5"),
        ("--trust-proxy", "127.0.0.2"),
    ];
    let server = served(&home, &flags);
    let proxy: Vec<Conn> = (0..8).filter_map(|_| kept(&server, 2)).collect();
    assert_eq!(proxy.len(), 8);
    let other: Vec<Conn> = (0..8).filter_map(|_| kept(&server, 3)).collect();
    assert_eq!(other.len(), 5);
}

#[test]
fn a_trusted_proxy_gives_no_way() {
    let home = Home::new();
    let flags = [("--max-connections", "12"), ("--trust-proxy", "127.0.0.2")];
    let server = home.serve().flags(&flags).start();
    let mut proxy: Vec<Conn> = (0..9).filter_map(|_| kept(&server, 2)).collect();
    assert_eq!(proxy.len(), 9);
    let mut other: Vec<Conn> = (0..3).filter_map(|_| kept_waiting(&server, 3)).collect();
    assert_eq!(other.len(), 3);
    let start = std::time::Instant::now();
    let newcomer = kept(&server, 4);
    assert!(newcomer.is_some(), "a newcomer is served");
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    for client in &mut proxy {
        assert_eq!(
            client.ask(&get("/healthz", "")).status,
            200,
            "the proxy keeps all"
        );
    }
    assert!(
        matches!(other.remove(0).next(false), Next::End),
        "the other's first gave way"
    );
}
