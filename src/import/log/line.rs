//! Parses one line of a web server's access log, in the common or the combined format.
//!
//! `host ident user [time] "request" status bytes`, and in the combined format ` "referer" "agent"` behind it, as
//! Apache's mod_log_config documents `%h %l %u %t "%r" %>s %b` and nginx its `combined`. What a server adds behind that
//! (`X-Forwarded-For`, times) is ignored. All fields borrow from the line; escapes are decoded on
//! demand. Whether a line counts is decided elsewhere, except that only a `GET` answered 200 or 304 can.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2, memrchr};
use thiserror::Error;

use super::time::{bracketed_time, number};

/// The fields of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEntry<'a> {
    /// The client as logged: an address, IPv6 without brackets, or a name.
    pub host: &'a str,
    /// When the request came, in UTC milliseconds; logs have whole seconds.
    pub time: i64,
    /// The request's method as sent; the whole request line if that is not `METHOD TARGET…`.
    pub method: &'a [u8],
    /// The request target as sent, empty if the request line has none.
    pub target: Field<'a>,
    /// The status of the answer.
    pub status: u16,
    /// Bytes of the body sent; `None` for `-`.
    pub bytes: Option<u64>,
    /// The `Referer` field; `None` in the common format and for `-`.
    pub referer: Option<Field<'a>>,
    /// The `User-Agent` field; `None` in the common format and for `-`.
    pub agent: Option<Field<'a>>,
}

impl LogEntry<'_> {
    /// Whether the line is of the kind that counts: a `GET` answered 200 or 304.
    pub fn is_read(&self) -> bool {
        self.method == b"GET" && matches!(self.status, 200 | 304)
    }
}

/// Text as a server logged it, with its escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a>(&'a [u8]);

impl<'a> Field<'a> {
    /// The bytes as logged.
    pub fn raw(self) -> &'a [u8] {
        self.0
    }

    /// The decoded text: `\xHH` (nginx; Apache for bytes it cannot print), `\"`, `\\` and `\n`-like escapes decoded,
    /// bytes that are not UTF-8 replaced. Borrowed if there is nothing to decode.
    pub fn text(self) -> Cow<'a, str> {
        let Some(first) = memchr(b'\\', self.0) else {
            return String::from_utf8_lossy(self.0);
        };
        let mut bytes = self.0[..first].to_vec();
        let mut rest = &self.0[first..];
        while let Some((&byte, after)) = rest.split_first() {
            let (byte, after) = if byte == b'\\' {
                unescape(after)
            } else {
                (byte, after)
            };
            bytes.push(byte);
            rest = after;
        }
        Cow::Owned(match String::from_utf8_lossy(&bytes) {
            Cow::Owned(text) => text,
            Cow::Borrowed(text) => text.to_owned(),
        })
    }
}

/// Why a line is not in either format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// No client before the first space.
    #[error("no client address at the start of the line")]
    Host,
    /// No time such as `[17/May/2015:10:05:03 +0000]`.
    #[error("no time such as [17/May/2015:10:05:03 +0000]")]
    Time,
    /// No quoted request line after the time.
    #[error("no quoted request line after the time")]
    Request,
    /// No three digits after the request line.
    #[error("no status after the request line")]
    Status,
    /// Neither a number nor `-` after the status.
    #[error("no size after the status")]
    Bytes,
    /// No agent in its field, but a later quoted field that looks like one. Real damaged logs have such lines; accepted,
    /// crawlers in them would count as people.
    #[error("the user agent is not where it belongs")]
    Shifted,
    /// A quoted field that is not closed: a line cut short.
    #[error("a quoted field is not closed")]
    Unclosed,
}

/// Parses a line, with or without its line end.
pub fn parse(line: &[u8]) -> Result<LogEntry<'_>, ParseError> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let host_len = memchr(b' ', line)
        .filter(|&len| len > 0)
        .ok_or(ParseError::Host)?;
    let host = std::str::from_utf8(&line[..host_len]).map_err(|_| ParseError::Host)?;

    // A user name may contain spaces and brackets; the first bracket that opens a time counts.
    let (time, rest) = memchr_iter(b'[', &line[host_len..])
        .find_map(|at| bracketed_time(&line[host_len + at + 1..]))
        .ok_or(ParseError::Time)?;

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
    let bytes = match size {
        b"-" => None,
        digits => Some(number(digits).ok_or(ParseError::Bytes)?),
    };

    let (referer, rest) = next_quoted(rest)?;
    let (agent, rest) = next_quoted(rest)?;
    if agent.is_none() && looks_like_agent(rest) {
        return Err(ParseError::Shifted);
    }
    Ok(LogEntry {
        host,
        time,
        method,
        target: Field(target),
        status,
        bytes,
        referer: referer.map(Field),
        agent: agent.map(Field),
    })
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
fn split_request(request: &[u8]) -> (&[u8], &[u8]) {
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

/// The byte that the escape after a backslash means, and the rest. An unknown escape means itself without the backslash;
/// a backslash at the end means a backslash.
fn unescape(after: &[u8]) -> (u8, &[u8]) {
    let hex = |digit: &u8| char::from(*digit).to_digit(16);
    match after {
        [b'x', high, low, rest @ ..] => match (hex(high), hex(low)) {
            (Some(high), Some(low)) => ((high * 16 + low) as u8, rest),
            _ => (b'x', &after[1..]),
        },
        [b'n', rest @ ..] => (b'\n', rest),
        [b'r', rest @ ..] => (b'\r', rest),
        [b't', rest @ ..] => (b'\t', rest),
        [other, rest @ ..] => (*other, rest),
        [] => (b'\\', after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMON: &str = r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 12"#;

    #[test]
    fn reads_the_combined_format() {
        let line = format!("{COMMON} \"http://example.org/\" \"curl/8\"\r\n");
        let entry = parse(line.as_bytes()).unwrap();
        assert_eq!((entry.host, entry.time), ("192.0.2.7", 1_431_857_103_000));
        assert_eq!(
            (entry.method, entry.target.raw()),
            (&b"GET"[..], &b"/a"[..])
        );
        assert_eq!((entry.status, entry.bytes), (200, Some(12)));
        assert_eq!(entry.referer.unwrap().text(), "http://example.org/");
        assert_eq!(entry.agent.unwrap().text(), "curl/8");
        assert!(entry.is_read());
    }

    #[test]
    fn reads_the_common_format_and_ignores_what_follows_the_combined() {
        let entry = parse(COMMON.as_bytes()).unwrap();
        assert_eq!((entry.referer, entry.agent), (None, None));
        let line = format!("{COMMON} \"-\" \"agent\" \"198.51.100.1\" rt=0.003 \"unclosed");
        assert_eq!(
            parse(line.as_bytes()).unwrap().agent.unwrap().raw(),
            b"agent"
        );
    }

    #[test]
    fn takes_odd_hosts_users_requests_and_sizes() {
        let line = r#"2001:db8::1 - a [b] c [01/Jan/2000:00:00:00 -0130] "GET /a b" 304 -"#;
        let entry = parse(line.as_bytes()).unwrap();
        assert_eq!(
            (entry.host, entry.target.raw()),
            ("2001:db8::1", &b"/a b"[..])
        );
        assert_eq!((entry.time, entry.bytes), (946_690_200_000, None));
        let line = COMMON.replace("GET /a HTTP/1.1", r"\x16\x03\x01");
        let entry = parse(line.as_bytes()).unwrap();
        assert_eq!(
            (entry.method, entry.target.raw()),
            (&br"\x16\x03\x01"[..], &b""[..])
        );
    }

    #[test]
    fn decodes_escapes_on_demand() {
        let line = format!(r#"{COMMON} "a\"b\\" "\x22\xec\x95\x88\t\q\x""#);
        let entry = parse(line.as_bytes()).unwrap();
        assert_eq!(entry.referer.unwrap().text(), r#"a"b\"#);
        assert_eq!(entry.agent.unwrap().text(), "\"안\tqx");
        assert!(matches!(Field(b"plain").text(), Cow::Borrowed("plain")));
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
        fn any_bytes_are_read_or_refused(line: Vec<u8>) {
            let _ = parse(&line);
        }

        #[test]
        fn any_damage_to_a_line_is_read_or_refused(at in 0_usize..110, byte: u8, cut in 0_usize..110) {
            let mut line = format!("{COMMON} \"a\\\"\\x2\" \"agent\\\\\" \"-\"").into_bytes();
            let len = line.len();
            line[at % len] = byte;
            line.truncate(cut);
            if let Ok(entry) = parse(&line) {
                entry.target.text();
                entry.agent.map(Field::text);
            }
        }
    }
}
