//! RFC 9112 §6.1 and §7: codings that are known, that are not, and that make the length of a body ambiguous.

use super::case::Then::{Either, Ends};
use super::case::{Case, EDITED, NEVER, case, healthz, in_chunks, put, run, sized};

const SECTION: &str = "9112 6.1";

pub fn cases() -> Vec<Case> {
    let good = |lines: &str| put(lines, &in_chunks(EDITED, 7));
    let bad = |lines: &str| put(lines, &in_chunks(NEVER, 7));
    let mut cases = Vec::new();
    for line in [
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: Chunked\r\n",
        "Transfer-Encoding: CHUNKED\r\n",
        "transfer-encoding: chunked\r\n",
        "Transfer-Encoding:chunked\r\n",
        "Transfer-Encoding: \tchunked \t\r\n",
        "Transfer-Encoding: chunked\r\nTE: trailers\r\n",
        "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n",
    ] {
        cases.push(case(
            "9112 7.1",
            format!("{line:?} is chunked"),
            good(line),
            [200],
            Either,
        ));
    }
    for line in [
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunkedx\r\n",
        "Transfer-Encoding: deflate\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: x-gzip,chunked\r\n",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
    ] {
        cases.push(case(
            SECTION,
            format!("{line:?} is not known"),
            bad(line),
            [501],
            Ends,
        ));
    }
    for line in [
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked, chunked\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding: ,\r\n",
    ] {
        cases.push(case(
            SECTION,
            format!("{line:?} has no end"),
            bad(line),
            [400],
            Ends,
        ));
    }
    let values: [&[u8]; 5] = [
        b"\x0bchunked",
        b"chunked\x0c",
        b"chunked\0",
        b"\x7fchunked",
        b"chun\rked",
    ];
    for value in values {
        let line = [b"Transfer-Encoding: ", value, b"\r\n"].concat();
        let head = put("", "");
        let body = in_chunks(NEVER, 7);
        let bytes = [&head[..head.len() - 2], &line[..], b"\r\n", body.as_bytes()].concat();
        let what = format!(
            "{:?} hides the coding from some",
            String::from_utf8_lossy(value)
        );
        cases.push(case(SECTION, what, bytes, [400], Ends));
    }
    let length = sized(&in_chunks(NEVER, 7));
    for lines in [
        format!("{length}Transfer-Encoding: chunked\r\n"),
        format!("Transfer-Encoding: chunked\r\n{length}"),
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n".to_owned(),
        "transfer-encoding: CHUNKED\r\ncontent-length: 4\r\n".to_owned(),
        format!("{length}Transfer-Encoding: identity\r\n"),
        format!("{length}Transfer-Encoding:\r\n"),
    ] {
        cases.push(case(
            "9112 6.3",
            format!("both: {lines:?}"),
            bad(&lines),
            [400],
            Ends,
        ));
    }
    let both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
    let reading = [healthz(both), b"0\r\n\r\n".to_vec()].concat();
    cases.push(case("9112 6.3", "both, on a read", reading, [400], Ends));
    let old = String::from_utf8(bad("Transfer-Encoding: chunked\r\n")).expect("ASCII");
    let old = old.replace("HTTP/1.1", "HTTP/1.0");
    cases.push(case(SECTION, "a coding in HTTP/1.0", &old, [400], Ends));
    let old = old.replace("Host: a\r\n", "Host: a\r\nConnection: keep-alive\r\n");
    cases.push(case(
        SECTION,
        "a coding in HTTP/1.0 that is to stay",
        old,
        [400],
        Ends,
    ));
    cases
}

#[test]
fn codings_are_known_or_refused() {
    run(&cases());
}
