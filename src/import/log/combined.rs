//! The common and the combined format, and Apache's with the site before them.
//!
//! `host ident user [time] "request" status bytes`, and in the combined format ` "referer" "agent"` behind it, as
//! Apache's mod_log_config documents `%h %l %u %t "%r" %>s %b` and nginx its `combined`. Debian's `vhost_combined` begins
//! with `%v:%p`, others with `%v`. What a server adds behind all that (`X-Forwarded-For`, times) is ignored: whoever sends
//! a request can write there what they like.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use memchr::{memchr, memchr_iter, memchr2, memrchr};

use super::entry::{Escapes, Field, LogEntry};
use super::parse_error::ParseError;
use super::time::{bracketed_time, number};

/// Parses a line without its line end.
pub(super) fn parse(line: &[u8]) -> Result<LogEntry<'_>, ParseError> {
    let first_space = memchr(b' ', line)
        .filter(|&len| len > 0)
        .ok_or(ParseError::Host)?;

    // A user name may contain spaces and brackets; the first bracket that opens a time counts.
    let (at, (time, rest)) = memchr_iter(b'[', &line[first_space..])
        .find_map(|at| {
            let at = first_space + at;
            Some((at, bracketed_time(&line[at + 1..])?))
        })
        .ok_or(ParseError::Time)?;
    let client = client(&line[..at]).ok_or(ParseError::Host)?;

    let rest = rest.strip_prefix(b" \"").ok_or(ParseError::Request)?;
    let (request, rest) = quoted(rest)?;
    let (method, target) = split_request(request);

    let (status, rest) = rest.split_first_chunk::<4>().ok_or(ParseError::Status)?;
    let [b' ', digits @ ..] = status else {
        return Err(ParseError::Status);
    };
    let status = number(digits).ok_or(ParseError::Status)? as u16;

    let rest = rest.strip_prefix(b" ").ok_or(ParseError::Bytes)?;
    let size_len = memchr(b' ', rest).unwrap_or(rest.len());
    let (size, rest) = rest.split_at(size_len);
    if size != b"-" && number(size).is_none() {
        return Err(ParseError::Bytes);
    }

    let (_referer, rest) = next_quoted(rest)?;
    let (agent, rest) = next_quoted(rest)?;
    if agent.is_none() && looks_like_agent(rest) {
        return Err(ParseError::Shifted);
    }
    Ok(LogEntry {
        client: Cow::Borrowed(client),
        time,
        method: Cow::Borrowed(method),
        target: Field::new(target, Escapes::Backslash),
        status,
        agent: agent.map(|agent| Field::new(agent, Escapes::Backslash)),
    })
}

/// The client in what stands before the time: the first word, or the second where the first is the site.
///
/// `ident` is never an address and nearly always `-`, which tells a site from a client.
fn client(before: &[u8]) -> Option<&str> {
    let text = before.utf8_chunks().next()?.valid();
    let mut words = text.split(' ');
    let first = words.next().filter(|first| !first.is_empty())?;
    let second = words.next().unwrap_or_default();
    // The first of several addresses that a proxy's field gave.
    if let Some(first) = first.strip_suffix(',') {
        return Some(first);
    }
    let of_site = if is_address(second) {
        true
    } else if is_address(first) {
        false
    } else {
        let more = words.next().is_some_and(|third| third == "-") && words.next().is_some();
        more && !second.is_empty() && second != "-"
    };
    Some(if of_site { second } else { first })
}

/// Whether a word is an address, with or without a port.
fn is_address(word: &str) -> bool {
    // Most words that are none are told by their first byte.
    word.starts_with(|c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '['))
        && (word.parse::<IpAddr>().is_ok() || word.parse::<SocketAddr>().is_ok())
}

/// The field that begins here and what follows its closing quote; a quote after a backslash does not close.
fn quoted(from: &[u8]) -> Result<(&[u8], &[u8]), ParseError> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', from.get(at..).unwrap_or(&[])).ok_or(ParseError::Unclosed)?;
        if from[at] == b'"' {
            return Ok((&from[..at], &from[at + 1..]));
        }
        at += 2;
    }
}

/// The quoted field behind one space, if that is what follows; `-` stands for none.
fn next_quoted(rest: &[u8]) -> Result<(Option<&[u8]>, &[u8]), ParseError> {
    match rest.strip_prefix(b" \"") {
        Some(field) => quoted(field).map(|(field, rest)| ((field != b"-").then_some(field), rest)),
        None => Ok((None, rest)),
    }
}

/// Whether a quoted field follows that names a product, `name/version` (RFC 9110 section 10.1.5): no address list and
/// no number, which is what servers add behind the agent.
fn looks_like_agent(rest: &[u8]) -> bool {
    matches!(next_quoted(rest), Ok((Some(field), _)) if memchr(b'/', field).is_some())
}

/// `METHOD TARGET HTTP/x`; the version may be missing (HTTP/0.9), and a target sent raw may contain spaces.
pub(super) fn split_request(request: &[u8]) -> (&[u8], &[u8]) {
    let Some(method_len) = memchr(b' ', request) else {
        return (request, &[]);
    };
    let target = &request[method_len + 1..];
    let target = match memrchr(b' ', target) {
        Some(at) if target[at + 1..].starts_with(b"HTTP/") => &target[..at],
        _ => target,
    };
    (&request[..method_len], target)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMON: &str = r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 12"#;

    #[test]
    fn reads_the_combined_format() {
        let line = format!("{COMMON} \"http://example.org/\" \"curl/8\"");
        let entry = parse(line.as_bytes()).unwrap();
        assert_eq!(
            (&*entry.client, entry.time),
            ("192.0.2.7", 1_431_857_103_000)
        );
        assert_eq!((&*entry.method, &*entry.target.text()), (&b"GET"[..], "/a"));
        assert_eq!(entry.status, 200);
        assert_eq!(entry.agent.as_ref().unwrap().text(), "curl/8");
        assert!(entry.is_read());
    }

    #[test]
    fn reads_the_common_format_and_ignores_what_follows_the_combined() {
        let entry = parse(COMMON.as_bytes()).unwrap();
        assert_eq!(entry.agent, None);
        let line = format!("{COMMON} \"-\" \"agent\" \"198.51.100.1\" rt=0.003 \"unclosed");
        let entry = parse(line.as_bytes()).unwrap();
        assert_eq!(
            (&*entry.client, &*entry.agent.unwrap().text()),
            ("192.0.2.7", "agent")
        );
    }

    #[test]
    fn takes_odd_users_requests_and_sizes() {
        let line = r#"2001:db8::1 - a [b] c [01/Jan/2000:00:00:00 -0130] "GET /a b" 304 -"#;
        let entry = parse(line.as_bytes()).unwrap();
        assert_eq!(
            (&*entry.client, &*entry.target.text()),
            ("2001:db8::1", "/a b")
        );
        assert_eq!(entry.time, 946_690_200_000);
        let line = COMMON.replace("GET /a HTTP/1.1", r"\x16\x03\x01");
        let entry = parse(line.as_bytes()).unwrap();
        assert_eq!(
            (&*entry.method, &*entry.target.text()),
            (&br"\x16\x03\x01"[..], "")
        );
    }

    #[test]
    fn a_site_before_the_client_is_not_the_client() {
        for (before, client) in [
            ("192.0.2.7 - -", "192.0.2.7"),
            ("192.0.2.7 - john doe", "192.0.2.7"),
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7:4711 - -", "192.0.2.7:4711"),
            ("host.example - -", "host.example"),
            ("host.example - john doe", "host.example"),
            ("host.example ident user", "host.example"),
            ("example.org:443 192.0.2.7 - -", "192.0.2.7"),
            ("example.org:443 192.0.2.7 - john doe", "192.0.2.7"),
            ("example.org 2001:db8::1 - -", "2001:db8::1"),
            ("example.org 192.0.2.7 -", "192.0.2.7"),
            ("example.org:80 host.example - -", "host.example"),
            ("example.org host.example - ann", "host.example"),
            ("198.51.100.1:80 192.0.2.7 - -", "192.0.2.7"),
            ("198.51.100.1 192.0.2.7 - -", "192.0.2.7"),
            ("[2001:db8::1]:443 192.0.2.7 - -", "192.0.2.7"),
            ("- 192.0.2.7 - -", "192.0.2.7"),
            ("192.0.2.7, 198.51.100.1 - -", "192.0.2.7"),
            ("unix: - -", "unix:"),
        ] {
            let line = COMMON.replacen("192.0.2.7 - -", before, 1);
            let entry = parse(line.as_bytes());
            assert_eq!(
                entry.map(|entry| entry.client),
                Ok(client.into()),
                "{before}"
            );
        }
    }

    #[test]
    fn says_what_is_missing() {
        let cases = [
            ("", ParseError::Host),
            (" \"curl/7.54.0\"", ParseError::Host),
            ("192.0.2.7 - -", ParseError::Time),
            (
                "192.0.2.7 - - [31/Feb/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 1",
                ParseError::Time,
            ),
            (
                "192.0.2.7 - - [17/May/2015:10:05:03 +0000] GET",
                ParseError::Request,
            ),
            (
                "192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET /",
                ParseError::Unclosed,
            ),
            (
                "192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET /\" 20",
                ParseError::Status,
            ),
            (
                "192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET /\" 200 x",
                ParseError::Bytes,
            ),
        ];
        for (line, error) in cases {
            assert_eq!(parse(line.as_bytes()), Err(error), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_damage_to_a_line_is_read_or_refused(at in 0_usize..110, byte: u8, cut in 0_usize..110) {
            let mut line = format!("{COMMON} \"a\\\"\\x2\" \"agent\\\\\" \"-\"").into_bytes();
            let len = line.len();
            line[at % len] = byte;
            line.truncate(cut);
            if let Ok(entry) = parse(&line) {
                entry.target.text();
                entry.agent.as_ref().map(Field::text);
            }
        }
    }
}
