//! What has arrived of a request, looked at before the library reads it.
//!
//! The library keeps what it has read in a buffer of its own that nobody else can see. A connection may wait without a
//! thread only if that buffer is empty, so what arrives is looked at first: exactly one request, and the buffer will
//! be empty after it.

use memchr::memmem;

/// How much of what has arrived is looked at, in bytes. A longer head is refused, the library having no bound of its
/// own; a longer body costs a thread until its connection ends.
pub(super) const LOOK: usize = 16 << 10;

/// What the bytes at hand are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    /// One request, to its last byte, and nothing after it.
    OneRequest,
    /// The beginning of a head, as far as can be seen.
    PartOfHead,
    /// A request of an HTTP version to come. The library would wait for itself for ever: see `watch.rs`.
    LaterVersion,
    /// More than [`LOOK`] bytes of a head.
    EndlessHead,
    /// Anything else: several requests, one with a body to come, or none at all.
    Other,
}

/// Looks at what has arrived, up to [`LOOK`] bytes of it.
pub(super) fn look(bytes: &[u8]) -> Arrived {
    let first = bytes.split(|&byte| byte == b'\r').next().unwrap_or(bytes);
    if first.len() < bytes.len() && !is_ours(first) && is_later(first) {
        return Arrived::LaterVersion;
    }
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else {
        return if bytes.len() >= LOOK {
            Arrived::EndlessHead
        } else if begins_well(bytes) {
            Arrived::PartOfHead
        } else {
            Arrived::Other
        };
    };
    let (head, body) = (&bytes[..end], &bytes[end + 4..]);
    match body_length(head) {
        Some(length) if length == body.len() && is_ours(first) => Arrived::OneRequest,
        _ => Arrived::Other,
    }
}

/// Whether more may make a request of it. Else the library says what is wrong now, and not when the client gives up.
fn begins_well(bytes: &[u8]) -> bool {
    let (lines, last) = match bytes.iter().rposition(|&byte| byte == b'\n') {
        Some(end) => bytes.split_at(end + 1),
        None => (&b""[..], bytes),
    };
    let last = last.strip_suffix(b"\r").unwrap_or(last);
    let mut lines = lines
        .split_inclusive(|&byte| byte == b'\n')
        .map(|line| line.strip_suffix(b"\r\n"));
    let request = match lines.next() {
        Some(Some(line)) => is_ours(line),
        Some(None) => false,
        None => true,
    };
    let whole = |line: &[u8]| !line.contains(&b'\r');
    request
        && bytes.first().is_some_and(u8::is_ascii_uppercase)
        && lines.all(|line| line.is_some_and(whole))
        && whole(last)
}

/// Whether a request line is of a version the library answers, beyond doubt.
fn is_ours(line: &[u8]) -> bool {
    let mut words = line.splitn(3, |&byte| byte == b' ').skip(2);
    matches!(words.next(), Some(b"HTTP/1.1" | b"HTTP/1.0"))
}

/// Whether the library reads a later version in a request line: the third word of what is left of it when trimmed.
fn is_later(line: &[u8]) -> bool {
    let version = str::from_utf8(line)
        .ok()
        .and_then(|line| line.trim().split(' ').nth(2));
    matches!(version, Some("HTTP/2.0" | "HTTP/3.0"))
}

/// How long the head says the body is; `None` where that takes more than a glance. Stricter than the library: what
/// the two could read differently is left to it alone, on a thread that may wait.
fn body_length(head: &[u8]) -> Option<usize> {
    let mut length = None;
    for line in head.split(|&byte| byte == b'\n').skip(1) {
        let colon = memchr::memchr(b':', line)?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if !name.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        // Names are told apart by their length first: most lines cost one comparison.
        match name.len() {
            6 if is("Expect") => return None,
            // Of an upgrade the library shows all that comes for its body.
            10 if is("Connection") && contains_word(value, "upgrade") => return None,
            17 if is("Transfer-Encoding") => return None,
            14 if is("Content-Length") => {
                let value = value.trim_ascii();
                let known = length.replace(str::from_utf8(value).ok()?.parse().ok()?);
                if known.is_some() || !value.iter().all(u8::is_ascii_digit) {
                    return None;
                }
            }
            _ => {}
        }
    }
    Some(length.unwrap_or(0))
}

/// Whether the library finds `word` in a `Connection` header: anywhere, in any case.
pub(super) fn contains_word(header: &[u8], word: &str) -> bool {
    header
        .windows(word.len())
        .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_one(text: &str) -> bool {
        look(text.as_bytes()) == Arrived::OneRequest
    }

    #[test]
    fn one_request_is_told_from_everything_else() {
        assert!(is_one("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert!(is_one("GET / HTTP/1.0\r\n\r\n"));
        assert!(is_one("POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\nab"));
        assert!(is_one("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"));

        assert!(!is_one(""));
        assert_eq!(
            look(b"GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
            Arrived::LaterVersion
        );
        for line in [
            "GET / HTTP/3.0 ",
            "GET / HTTP/2.0 x",
            "GET / HTTP/2.0 HTTP/1.1",
            " \x0bGET / HTTP/2.0",
        ] {
            for rest in ["\r\n\r\n", "\r\n", "\r"] {
                let bytes = format!("{line}{rest}");
                assert_eq!(look(bytes.as_bytes()), Arrived::LaterVersion, "{bytes:?}");
            }
        }
        assert_eq!(look(&[b'a'; LOOK]), Arrived::EndlessHead);
        assert!(!is_one("GET / HTTP/1.1\r\nConnection: Upgrade\r\n\r\n"));
        assert!(!is_one("GET / HTTP/1.1\r\nHost: a\r\n"));
        assert!(!is_one("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"));
        assert!(!is_one("GET / HTTP/1.1\r\n\r\nG"));
        assert!(!is_one("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\na"));
        assert!(!is_one("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nabc"));
        assert!(!is_one("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"));
        // The library trims lines, so all of these announce a body to it.
        for name in [" Content-Length", "Content-Length ", "\x0bContent-Length"] {
            assert!(
                !is_one(&format!("POST / HTTP/1.1\r\n{name}: 5\r\n\r\n")),
                "{name:?}"
            );
        }
        assert!(!is_one("POST / HTTP/1.1\r\nContent-Length: 1\x0b\r\n\r\na"));
    }

    #[test]
    fn the_beginning_of_a_head_is_told_from_what_can_become_none() {
        let is_part = |text: &str| look(text.as_bytes()) == Arrived::PartOfHead;
        let whole = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        for end in 1..whole.len() {
            assert!(is_part(&whole[..end]), "{:?}", &whole[..end]);
        }
        for other in [
            "",
            "\r\n",
            "get",
            "\x16\x03\x01",
            "GET /\r\n",
            "GET / HTTP/2.0\r\n",
            "GET / HTTP/1.1\n",
            "GET / HTTP/1.1\r\na\rb",
            "GET / HTTP/1.1\r\na\n",
        ] {
            assert!(!is_part(other), "{other:?}");
        }
    }

    #[test]
    fn a_body_whose_end_is_not_plain_is_left_to_the_library() {
        assert!(!is_one(
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        ));
        assert!(!is_one(
            "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n"
        ));
        assert!(!is_one(
            "POST / HTTP/1.1\r\nContent-Length: 0\r\ncontent-length: 0\r\n\r\n"
        ));
    }
}
