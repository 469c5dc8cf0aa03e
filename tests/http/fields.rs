//! RFC 9112 §5 and RFC 9110 §5.5: header lines, their ends and folds, and the bytes a value may have.

use super::case::Then::{Ends, Stays};
use super::case::{Case, case, healthz, run};

const LINES: &str = "9112 5";
const VALUES: &str = "9110 5.5";

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        case(
            LINES,
            "no space after the colon",
            healthz("X:value\r\n"),
            [200],
            Stays,
        ),
        case(
            LINES,
            "spaces and tabs around a value",
            healthz("X: \t value \t \r\n"),
            [200],
            Stays,
        ),
        case(LINES, "an empty value", healthz("X:\r\n"), [200], Stays),
        case(
            LINES,
            "a value of white space",
            healthz("X: \t \r\n"),
            [200],
            Stays,
        ),
        case(
            LINES,
            "colons in a value",
            healthz("X: a:b::c\r\n"),
            [200],
            Stays,
        ),
        case(
            "9110 5.3",
            "the same name thrice",
            healthz("X: a\r\nx: b\r\nX: c\r\n"),
            [200],
            Stays,
        ),
        case(
            "9112 5.1",
            "a space before the colon",
            healthz("X : value\r\n"),
            [400],
            Ends,
        ),
        case(
            "9112 5.1",
            "a tab before the colon",
            healthz("X\t: value\r\n"),
            [400],
            Ends,
        ),
        case(
            "9112 5.1",
            "a space within a name",
            healthz("X y: value\r\n"),
            [400],
            Ends,
        ),
        case(LINES, "no colon", healthz("value\r\n"), [400], Ends),
        case(LINES, "an empty name", healthz(": value\r\n"), [400], Ends),
        case(LINES, "a colon alone", healthz(":\r\n"), [400], Ends),
        case(
            "9112 5.2",
            "a fold by a space",
            healthz("X: a\r\n b\r\n"),
            [400],
            Ends,
        ),
        case(
            "9112 5.2",
            "a fold by a tab",
            healthz("X: a\r\n\tb\r\n"),
            [400],
            Ends,
        ),
        case(
            "9112 5.2",
            "a fold that looks like a field",
            healthz("X: a\r\n Content-Length: 5\r\n"),
            [400],
            Ends,
        ),
        case(
            "9112 5.2",
            "a fold before the value",
            healthz("X:\r\n value\r\n"),
            [400],
            Ends,
        ),
        case(
            "9112 5.2",
            "a line of white space",
            healthz("X: a\r\n \r\n"),
            [400],
            Ends,
        ),
        case(
            "9112 5.2",
            "a fold of the last line",
            healthz("X: a\r\n\t\r\n"),
            [400],
            Ends,
        ),
        case(
            "9112 2.2",
            "white space before the first field",
            "GET /healthz HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n",
            [400],
            Ends,
        ),
        case(
            "9112 2.2",
            "a bare LF ends a line",
            healthz("X: a\nY: b\r\n"),
            [400],
            Ends,
        ),
        case(
            "9112 2.2",
            "a bare LF ends the head",
            "GET /healthz HTTP/1.1\r\nHost: a\r\n\n",
            [400],
            Ends,
        ),
        case(
            "9112 2.2",
            "LF and CRLF end the head",
            "GET /healthz HTTP/1.1\r\nHost: a\n\r\n",
            [400],
            Ends,
        ),
        case(
            "9112 2.2",
            "a bare CR within a value",
            healthz("X: a\rb\r\n"),
            [400],
            Ends,
        ),
        case(
            "9112 2.2",
            "a bare CR before a field",
            healthz("X: a\rContent-Length: 5\r\n"),
            [400],
            Ends,
        ),
        case(
            "9112 2.2",
            "two CR at a line's end",
            healthz("X: a\r\r\n"),
            [400],
            Ends,
        ),
        case(
            "9112 2.2",
            "CR CR LF as the head's end",
            "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\r\n\r\n",
            [400],
            Ends,
        ),
        case(
            "9112 2.2",
            "a request line again",
            healthz("GET /posts/canary HTTP/1.1\r\n"),
            [400],
            Ends,
        ),
    ];
    let served: [(&str, &[u8]); 14] = [
        ("a tab", b"a\tb"),
        ("Latin-1", b"S\xe3o Paulo"),
        ("UTF-8", "São Paulo".as_bytes()),
        ("Korean", "name=한국".as_bytes()),
        ("an emoji", "🙂".as_bytes()),
        ("0x80", b"\x80"),
        ("0xff", b"a\xffb"),
        ("broken UTF-8", b"\xc3\x28"),
        ("quotes", b"\"a\\\"b\""),
        ("a comment", b"(a (b) c)"),
        ("every delimiter", b"\"(),/:;<=>?@[\\]{}"),
        ("a lone tab", b"\t"),
        ("a percent sign", b"100%"),
        ("an escape in words", b"\\r\\nX-Injected: y"),
    ];
    for (what, value) in served {
        for name in ["X", "Cookie", "Referer", "User-Agent"] {
            let line = [name.as_bytes(), b": ", value, b"\r\n"].concat();
            let what = format!("{what} in {name}");
            cases.push(case(VALUES, what, healthz(line), [200], Stays));
        }
    }
    for byte in [0x00, 0x01, 0x07, 0x08, 0x0b, 0x0c, 0x0e, 0x1b, 0x1f, 0x7f] {
        for value in [[b'a', byte, b'b'], [byte, b'a', b'b']] {
            let line = [b"X: ", &value[..], b"\r\n"].concat();
            let what = format!("byte {byte:#04x} in {value:?}");
            cases.push(case(VALUES, what, healthz(line), [400], Ends));
        }
    }
    cases.extend(sizes());
    cases
}

/// RFC 9110 §5.4 leaves limits to servers; these are what README tells.
fn sizes() -> Vec<Case> {
    let lines = |count: usize| healthz("a:\r\n".repeat(count - 1));
    let bare = healthz("X: \r\n").len();
    let head = |bytes: usize| healthz(format!("X: {}\r\n", "a".repeat(bytes - bare)));
    vec![
        case(
            "9110 5.4",
            "a value of 12,000 bytes",
            healthz(format!("X: {}\r\n", "a".repeat(12_000))),
            [200],
            Stays,
        ),
        case(
            "9110 5.4",
            "a name of 1,000 bytes",
            healthz(format!("{}: x\r\n", "a".repeat(1000))),
            [200],
            Stays,
        ),
        case("9110 5.4", "100 lines", lines(100), [200], Stays),
        case("9110 5.4", "256 lines", lines(256), [200], Stays),
        case("6585 5", "257 lines", lines(257), [431], Ends),
        case("6585 5", "3,000 lines", lines(3000), [431], Ends),
        case(
            "9110 5.4",
            "a head of 16,383 bytes",
            head(16_383),
            [200],
            Stays,
        ),
        case(
            "9110 5.4",
            "a head of 16,384 bytes",
            head(16_384),
            [200],
            Stays,
        ),
        case(
            "6585 5",
            "a head of 16,385 bytes",
            head(16_385),
            [431],
            Ends,
        ),
        case(
            "6585 5",
            "a head of 100,000 bytes",
            head(100_000),
            [431],
            Ends,
        ),
    ]
}

#[test]
fn header_lines_are_read_as_the_rfc_has_them() {
    run(&cases());
}
