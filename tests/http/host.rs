//! RFC 9112 §3.2 and RFC 9110 §7.2: one Host, and a valid one.

use super::case::Then::{Ends, Stays};
use super::case::{Case, case, run};

const SECTION: &str = "9112 3.2";

fn with(lines: impl AsRef<[u8]>) -> Vec<u8> {
    [b"GET /healthz HTTP/1.1\r\n", lines.as_ref(), b"\r\n"].concat()
}

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        case(SECTION, "none", with(""), [400], Ends),
        case(
            SECTION,
            "none, but others",
            with("Accept: */*\r\n"),
            [400],
            Ends,
        ),
        case(SECTION, "two", with("Host: a\r\nHost: b\r\n"), [400], Ends),
        case(
            SECTION,
            "two equal ones",
            with("Host: a\r\nHost: a\r\n"),
            [400],
            Ends,
        ),
        case(
            SECTION,
            "two in another case, apart",
            with("Host: a\r\nAccept: x\r\nhOST: a\r\n"),
            [400],
            Ends,
        ),
        case(
            SECTION,
            "an empty one and another",
            with("Host:\r\nHost: a\r\n"),
            [400],
            Ends,
        ),
        case(
            SECTION,
            "not the first line",
            with("Accept: x\r\nHost: a\r\n"),
            [200],
            Stays,
        ),
        case(
            SECTION,
            "no HTTP/1.0 request needs one",
            "GET /healthz HTTP/1.0\r\n\r\n",
            [200],
            Ends,
        ),
        case(
            SECTION,
            "two in HTTP/1.0",
            "GET /healthz HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
            [400],
            Ends,
        ),
        case(
            SECTION,
            "an invalid one in HTTP/1.0",
            "GET /healthz HTTP/1.0\r\nHost: a b\r\n\r\n",
            [400],
            Ends,
        ),
    ];
    for good in [
        "",
        " ",
        "example.org",
        "example.org:8080",
        "EXAMPLE.org",
        "a.",
        "a_b",
        "a:",
        "127.0.0.1:80",
        "[::1]",
        "[::1]:8080",
        "[2001:db8::7]",
        "xn--bcher-kva.example",
        "%41.example",
        "\ta\t",
    ] {
        let line = format!("Host:{good}\r\n");
        cases.push(case(
            "9110 7.2",
            format!("{good:?} is one"),
            with(line),
            [200],
            Stays,
        ));
    }
    let bad: [&[u8]; 22] = [
        b"a b",
        b"a, b",
        b"a/b",
        b"http://a",
        b"u@a",
        b"u:p@a",
        b"a?b",
        b"a#b",
        b"a\\b",
        b"a:b",
        b"a:80:80",
        b"a:-1",
        b"[::1",
        b"::1",
        b"[::1]x",
        b"[x]",
        b"a%zz",
        b"a%4",
        b"\"a\"",
        b"<a>",
        b"b\xe9cher.example",
        "bücher.example".as_bytes(),
    ];
    for bad in bad {
        let line = [b"Host: ", bad, b"\r\n"].concat();
        let what = format!("{:?} is none", String::from_utf8_lossy(bad));
        cases.push(case(SECTION, what, with(line), [400], Ends));
    }
    cases
}

#[test]
fn hosts_are_one_and_valid() {
    run(&cases());
}
