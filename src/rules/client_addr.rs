//! Finds the client's address behind proxies: the address that the last trusted proxy saw.
//!
//! Any client can send `X-Forwarded-For` and `Forwarded` (RFC 7239), so only what trusted proxies appended is believed:
//! read from the right, the first address that is not a trusted proxy is the client. If both fields are present,
//! `X-Forwarded-For` decides, because almost every proxy sets it and few remove the other; a proxy that sets only
//! `Forwarded` must drop `X-Forwarded-For`.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::forwarded::{elements, parameter};

/// The client's address, never IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2).
///
/// `forwarded_for` and `forwarded` are the values of these fields, one for each line, in the order received. An element
/// that names no address (`unknown`, `_hidden`: RFC 7239 section 6) ends the search at the last trusted proxy, and so
/// does one that cannot be parsed. Allocates nothing.
pub fn client_addr<'a>(
    peer: IpAddr,
    forwarded_for: impl Iterator<Item = &'a str>,
    forwarded: impl Iterator<Item = &'a str>,
    trusted: &[IpNet],
) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return peer;
    }
    let mut search = Search::Nothing;
    for line in forwarded_for {
        for element in line
            .split(',')
            .map(str::trim)
            .filter(|element| !element.is_empty())
        {
            search = search.step(address(element), trusted);
        }
    }
    if matches!(search, Search::Nothing) {
        for line in forwarded {
            for element in elements(line, ',').filter(|element| !element.is_empty()) {
                search = search.step(forwarded_by(element), trusted);
            }
        }
    }
    match search {
        Search::At(address) => address,
        Search::Nothing | Search::Hidden => peer,
    }
}

/// The result of the search from the right if the list ended here. Computed from left to right, so that the list need
/// not be stored: an untrusted address replaces whatever stands before it.
#[derive(Clone, Copy)]
enum Search {
    Nothing,
    Hidden,
    At(IpAddr),
}

impl Search {
    fn step(self, element: Option<IpAddr>, trusted: &[IpNet]) -> Search {
        match (self, element) {
            (_, None) => Search::Hidden,
            (Search::At(client), Some(proxy)) if is_trusted(proxy, trusted) => Search::At(client),
            (_, Some(address)) => Search::At(address),
        }
    }
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&address))
}

/// An address with or without port and brackets: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    // RFC 7239 section 6.3 lets a port be an obfuscated name, `192.0.2.1:_p`. There is one port.
    let (text, has_port) = match text.rsplit_once(":_") {
        Some((node, _)) => (node, true),
        None => (text, false),
    };
    let socket = || text.parse().ok().filter(|_| !has_port);
    let bracketed = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = match bracketed {
        Some(v6) => v6.parse().map(IpAddr::V6).ok(),
        None => text
            .parse()
            .ok()
            .or_else(|| socket().map(|socket: SocketAddr| socket.ip())),
    };
    address.map(|address| address.to_canonical())
}

/// The address of the `for` parameter of one element of `Forwarded`.
fn forwarded_by(element: &str) -> Option<IpAddr> {
    // A backslash in a quoted address is allowed, but no address needs one: it is treated as malformed.
    address(parameter(element, "for")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded_for: &[&str], forwarded: &[&str]) -> String {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "127.0.0.1/32", "2001:db8:1::/48"]
            .map(|net| net.parse().unwrap())
            .into();
        let peer = peer.parse().unwrap();
        let (lines, more) = (forwarded_for.iter().copied(), forwarded.iter().copied());
        client_addr(peer, lines, more, &trusted).to_string()
    }

    #[test]
    fn an_untrusted_peer_is_the_client_whatever_it_claims() {
        assert_eq!(
            client("192.0.2.9", &["198.51.100.1"], &["for=198.51.100.1"]),
            "192.0.2.9"
        );
        assert_eq!(
            client("::ffff:192.0.2.9", &["198.51.100.1"], &[]),
            "192.0.2.9"
        );
    }

    #[test]
    fn searches_from_the_right_across_trusted_hops() {
        let cases: [(&[&str], &str); 15] = [
            (&[], "127.0.0.1"),
            (&["", " , "], "127.0.0.1"),
            (&["198.51.100.1"], "198.51.100.1"),
            (&["203.0.113.5, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            (
                &["203.0.113.5", "198.51.100.1,10.0.0.2", "10.9.9.9"],
                "198.51.100.1",
            ),
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (&["198.51.100.1, unknown, 10.0.0.2"], "10.0.0.2"),
            (&["198.51.100.1, garbage"], "127.0.0.1"),
            (&["unknown, 198.51.100.1"], "198.51.100.1"),
            (&["198.51.100.1:4711, 10.0.0.2:80"], "198.51.100.1"),
            (&["198.51.100.1:4711:_p"], "127.0.0.1"),
            (&["2001:db8:2::7"], "2001:db8:2::7"),
            (&["[2001:db8:2::7]:4711, [2001:db8:1::1]"], "2001:db8:2::7"),
            (&["::ffff:198.51.100.1, ::ffff:10.0.0.2"], "198.51.100.1"),
            (&["198.51.100.1, fe80::1%eth0"], "127.0.0.1"),
        ];
        for (lines, expected) in cases {
            assert_eq!(
                client("::ffff:127.0.0.1", lines, &[]),
                expected,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn reads_forwarded() {
        let cases: [(&[&str], &str); 12] = [
            (&["for=198.51.100.1"], "198.51.100.1"),
            (
                &["proto=https; For=198.51.100.1 ;by=10.0.0.1"],
                "198.51.100.1",
            ),
            (
                &["for=203.0.113.5, for=198.51.100.1;host=\"a,b;for=x\", for=10.0.0.2"],
                "198.51.100.1",
            ),
            (&["for=\"[2001:db8:2::7]:4711\""], "2001:db8:2::7"),
            (&["for=\"198.51.100.1:_port\""], "198.51.100.1"),
            (&["for=198.51.100.1", "for=10.0.0.2"], "198.51.100.1"),
            (&["for=198.51.100.1, for=_hidden, for=10.0.0.2"], "10.0.0.2"),
            (&["for=198.51.100.1, for=unknown"], "127.0.0.1"),
            (&["for=198.51.100.1, proto=https"], "127.0.0.1"),
            (&["for=\"198.51.100.1"], "127.0.0.1"),
            (&["for=\"a\\\"b,c\", for=198.51.100.1"], "198.51.100.1"),
            (&["for=\"x, for=198.51.100.1"], "127.0.0.1"),
        ];
        for (lines, expected) in cases {
            assert_eq!(client("127.0.0.1", &[], lines), expected, "{lines:?}");
        }
    }

    /// A client's part comes first, and the proxy appends to it what it saw.
    #[test]
    fn an_open_quote_of_the_client_makes_nobody_of_it() {
        for claim in [
            "for=203.0.113.5;x=\"",
            "for=203.0.113.5;x=\"\\",
            "for=203.0.113.5;x=a\"",
            "for=203.0.113.5;x=\"a\"b\"",
            "for=203.0.113.5;\"",
            "for=203.0.113.5;x y=\"",
        ] {
            let line = format!("{claim}, for=198.51.100.1");
            assert_eq!(client("127.0.0.1", &[], &[&line]), "127.0.0.1", "{line}");
        }
        assert_eq!(
            client("127.0.0.1", &[], &["for=203.0.113.5;x=\""]),
            "127.0.0.1"
        );
        let line = "for=203.0.113.5;x=\"\\\"\", for=198.51.100.1";
        assert_eq!(client("127.0.0.1", &[], &[line]), "198.51.100.1");
    }

    #[test]
    fn x_forwarded_for_counts_where_both_are_present() {
        assert_eq!(
            client("127.0.0.1", &["198.51.100.1"], &["for=203.0.113.5"]),
            "198.51.100.1"
        );
        assert_eq!(
            client("127.0.0.1", &["unknown"], &["for=203.0.113.5"]),
            "127.0.0.1"
        );
    }

    /// The search as the standard words it, from the right, over a stored list.
    fn slowly(peer: IpAddr, list: &[Option<IpAddr>], trusted: &[IpNet]) -> IpAddr {
        let mut current = peer;
        for element in list.iter().rev() {
            let Some(address) = element else { break };
            current = *address;
            if !is_trusted(current, trusted) {
                break;
            }
        }
        current
    }

    proptest::proptest! {
        #[test]
        fn left_to_right_comes_out_as_from_the_right(kinds in proptest::collection::vec(0_u8..3, 0..8)) {
            let trusted = ["10.0.0.0/8".parse().unwrap()];
            let peer: IpAddr = "10.0.0.1".parse().unwrap();
            let list: Vec<Option<IpAddr>> = (0_u8..).zip(kinds).map(|(n, kind)| match kind {
                0 => None,
                1 => Some([10, 1, 1, n].into()),
                _ => Some([192, 0, 2, n].into()),
            }).collect();
            let text: Vec<String> =
                list.iter().map(|a| a.map_or("unknown".to_owned(), |a| a.to_string())).collect();
            let line = text.join(", ");
            let found = client_addr(peer, [line.as_str()].into_iter(), [].into_iter(), &trusted);
            assert_eq!(found, slowly(peer, &list, &trusted), "{line}");
        }

        #[test]
        fn any_text_is_read_without_a_panic(a in "[\\PC,\"\\\\]{0,60}", b in "(for=|[\\PC,;=\"\\\\]){0,60}") {
            client("127.0.0.1", &[&a], &[]);
            client("127.0.0.1", &[], &[&b]);
        }
    }
}
