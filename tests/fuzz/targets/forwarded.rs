//! Forwarded header fields: the client's address is one of those given, and nothing a client writes into a field changes
//! what the proxy behind it appends.
//!
//! Input: field values, a line each; those of `Forwarded` begin with `F`.

#![no_main]

use std::net::{IpAddr, SocketAddr};

use libfuzzer_sys::fuzz_target;
use viewtally::internals::request::client_addr;

/// What the last proxy appends.
const APPENDED: &str = "198.51.100.77";

fuzz_target!(|text: &str| {
    let (forwarded, forwarded_for): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with('F'));
    let forwarded: Vec<&str> = forwarded.iter().map(|line| &line[1..]).collect();
    let peer: IpAddr = "10.0.0.1".parse().expect("an address");
    let appended: IpAddr = APPENDED.parse().expect("an address");
    let trusted = ["10.0.0.0/8", "2001:db8:1::/48"].map(|net| net.parse().expect("a network"));
    let client = |peer: IpAddr, forwarded_for: &[&str], forwarded: &[&str]| {
        let (one, other) = (forwarded_for.iter().copied(), forwarded.iter().copied());
        client_addr(peer, one, other, &trusted)
    };

    let stranger = "192.0.2.9".parse().expect("an address");
    assert_eq!(client(stranger, &forwarded_for, &forwarded), stranger);

    let found = client(peer, &forwarded_for, &forwarded);
    assert!(
        found == peer || is_given(text, found),
        "{found} is not given"
    );

    // A line of its own, or the end of the line there is.
    let more = [&forwarded_for[..], &[APPENDED]].concat();
    assert_eq!(client(peer, &more, &forwarded), appended);
    let longer = format!("{}, {APPENDED}", forwarded_for.first().unwrap_or(&""));
    assert_eq!(client(peer, &[&longer], &forwarded), appended);
    let pair = format!("for={APPENDED}");
    let more = [&forwarded[..], &[&pair]].concat();
    assert_eq!(client(peer, &[], &more), appended);
    // An open quote takes the pair into itself: then nobody is believed.
    let longer = format!("{}, {pair}", forwarded.first().unwrap_or(&""));
    let found_there = client(peer, &[], &[&longer]);
    assert!(
        found_there == appended || found_there == peer,
        "{found_there}"
    );

    // One more trusted hop hides nothing.
    if !is_trusted(found) {
        let hop = [&forwarded_for[..], &["10.9.9.9"]].concat();
        if forwarded_for.iter().any(|line| !is_blank(line)) {
            assert_eq!(client(peer, &hop, &forwarded), found);
        }
    }
});

fn is_trusted(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.octets()[0] == 10,
        IpAddr::V6(v6) => v6.segments()[..3] == [0x2001, 0xdb8, 1],
    }
}

fn is_blank(list: &str) -> bool {
    list.split(',').all(|element| element.trim().is_empty())
}

/// Whether an address stands in a text, with a port or without.
fn is_given(text: &str, wanted: IpAddr) -> bool {
    let words = text.split(|sign: char| !(sign.is_ascii_hexdigit() || matches!(sign, ':' | '.')));
    words.into_iter().any(|word| {
        let bare = word.strip_suffix(':').unwrap_or(word);
        let with_port = word.parse::<SocketAddr>().map(|socket| socket.ip()).ok();
        [word.parse().ok(), bare.parse().ok(), with_port]
            .into_iter()
            .flatten()
            .any(|address: IpAddr| address.to_canonical() == wanted)
    })
}
