//! RFC 9112 §2.2 and §3: where a request begins, how its line is cut into words, how long it may be.

use super::case::Then::{Ends, Stays};
use super::case::{Case, case, healthz, run};

const LINE: &str = "9112 3";
const START: &str = "9112 2.2";
const HOST: &str = "Host: a\r\n\r\n";

pub fn cases() -> Vec<Case> {
    let line = |line: &str| format!("{line}\r\n{HOST}");
    let get = healthz("");
    let after = |start: &[u8]| [start, &get].concat();
    let mut cases = vec![
        case(
            START,
            "one CRLF before the request line",
            after(b"\r\n"),
            [200],
            Stays,
        ),
        case(
            START,
            "four CRLF before it",
            after(b"\r\n\r\n\r\n\r\n"),
            [200],
            Stays,
        ),
        case(START, "a space before it", after(b" "), [400], Ends),
        case(START, "a tab before it", after(b"\t"), [400], Ends),
        case(START, "a bare LF before it", after(b"\n"), [400], Ends),
        case(START, "a bare CR before it", after(b"\r"), [400], Ends),
        case(START, "a NUL before it", after(b"\0"), [400], Ends),
        case(
            START,
            "a byte order mark before it",
            after(b"\xef\xbb\xbf"),
            [400],
            Ends,
        ),
        case(
            START,
            "CRLF and a space before it",
            after(b"\r\n "),
            [400],
            Ends,
        ),
        case(
            LINE,
            "two spaces after the method",
            line("GET  /healthz HTTP/1.1"),
            [400],
            Ends,
        ),
        case(
            LINE,
            "two spaces before the version",
            line("GET /healthz  HTTP/1.1"),
            [400],
            Ends,
        ),
        case(
            LINE,
            "a tab after the method",
            line("GET\t/healthz HTTP/1.1"),
            [400],
            Ends,
        ),
        case(
            LINE,
            "a tab before the version",
            line("GET /healthz\tHTTP/1.1"),
            [400],
            Ends,
        ),
        case(
            LINE,
            "a space after the version",
            line("GET /healthz HTTP/1.1 "),
            [400],
            Ends,
        ),
        case(
            LINE,
            "a tab after the version",
            line("GET /healthz HTTP/1.1\t"),
            [400],
            Ends,
        ),
        case(
            LINE,
            "a fourth word",
            line("GET /healthz HTTP/1.1 x"),
            [400],
            Ends,
        ),
        case(
            LINE,
            "two versions",
            line("GET /healthz HTTP/1.1 HTTP/1.1"),
            [400],
            Ends,
        ),
        case(
            LINE,
            "a space within the target",
            line("GET /health z HTTP/1.1"),
            [400],
            Ends,
        ),
        case(LINE, "no target", line("GET HTTP/1.1"), [400], Ends),
        case(LINE, "an empty target", line("GET  HTTP/1.1"), [400], Ends),
        case(LINE, "the method alone", line("GET"), [400], Ends),
        case(
            LINE,
            "a vertical tab for a space",
            line("GET\x0b/healthz HTTP/1.1"),
            [400],
            Ends,
        ),
        case(
            LINE,
            "a form feed for a space",
            line("GET\x0c/healthz HTTP/1.1"),
            [400],
            Ends,
        ),
        case(
            LINE,
            "a bare CR for a space",
            line("GET\r/healthz HTTP/1.1"),
            [400],
            Ends,
        ),
        case(
            LINE,
            "a bare CR within the version",
            line("GET /healthz HTTP/1.1\rx"),
            [400],
            Ends,
        ),
        case(
            LINE,
            "two CR at its end",
            line("GET /healthz HTTP/1.1\r"),
            [400],
            Ends,
        ),
        case(
            LINE,
            "a NUL in the target",
            line("GET /health\0z HTTP/1.1"),
            [400],
            Ends,
        ),
        case(
            START,
            "a bare LF ends the request line",
            format!("GET /healthz HTTP/1.1\n{HOST}"),
            [400],
            Ends,
        ),
        case(
            START,
            "bare LF throughout",
            "GET /healthz HTTP/1.1\nHost: a\n\n",
            [400],
            Ends,
        ),
        case(
            START,
            "a header line before the request line",
            format!("Host: a\r\n{}", line("GET /healthz HTTP/1.1")),
            [400],
            Ends,
        ),
        case(
            START,
            "a TLS handshake",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
            [400],
            Ends,
        ),
        case(
            START,
            "whitespace between request line and fields",
            format!("GET /healthz HTTP/1.1\r\n {HOST}"),
            [400],
            Ends,
        ),
    ];
    for length in [8000, 12_000] {
        cases.push(case(
            LINE,
            format!("a target of {length} bytes"),
            line(&format!(
                "GET /healthz?x={} HTTP/1.1",
                "a".repeat(length - 11)
            )),
            [200],
            Stays,
        ));
    }
    let endless = line(&format!("GET /healthz?x={} HTTP/1.1", "a".repeat(20_000)));
    cases.push(case(
        LINE,
        "a target longer than any head: 414 is a MUST",
        endless,
        [414],
        Ends,
    ));
    cases.push(case(
        "6585 5",
        "a method longer than any head",
        "a".repeat(20_000),
        [431],
        Ends,
    ));
    cases
}

#[test]
fn request_lines_are_read_as_the_rfc_has_them() {
    run(&cases());
}
