//! RFC 9112 §7.1: chunks, their sizes and extensions, the trailer, and everything that is none of it.

use super::case::Then::{Cut, Either, Ends};
use super::case::{Case, EDITED, NEVER, case, in_chunks, put, run};

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

/// The whole post in one chunk whose size is written so, with this trailer.
fn one(body: &str, size: &str, trailer: &str) -> Vec<u8> {
    put(CHUNKED, &format!("{size}\r\n{body}\r\n0\r\n{trailer}\r\n"))
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for size in [1, 2, 28, 29] {
        let bytes = put(CHUNKED, &in_chunks(EDITED, size));
        cases.push(case(
            "9112 7.1",
            format!("chunks of {size}"),
            bytes,
            [200],
            Either,
        ));
    }
    for size in [
        "1D",
        "01d",
        "000000000000001d",
        "1d;a",
        "1d;a=b",
        "1d;a=\"b c\"",
        "1d;a=\"b;c\"",
        "1d;a=b;c=d",
        "1d;a=\"\\\"\"",
    ] {
        let bytes = one(EDITED, size, "");
        cases.push(case(
            "9112 7.1.1",
            format!("{size:?} is a size"),
            bytes,
            [200],
            Either,
        ));
    }
    let spaced = one(EDITED, "1d ;a=b", "");
    cases.push(case(
        "9110 5.6.3",
        "bad white space must be read over",
        spaced,
        [200],
        Either,
    ));
    for last in ["00", "0000", "0;a", "0;a=\"b\""] {
        let bytes = put(CHUNKED, &format!("1d\r\n{EDITED}\r\n{last}\r\n\r\n"));
        cases.push(case(
            "9112 7.1",
            format!("{last:?} is the last"),
            bytes,
            [200],
            Either,
        ));
    }
    for trailer in [
        "X-Sum: 1\r\n",
        "X-Sum: 1\r\nX-Other: 2\r\n",
        "x:\r\n",
        "X-City: São Paulo\r\n",
        "Content-Length: 5\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Host: b\r\n",
        "Authorization: Bearer x\r\n",
        "!#$: x\r\n",
    ] {
        let bytes = one(EDITED, "1d", trailer);
        cases.push(case(
            "9112 7.1.2",
            format!("a trailer of {trailer:?}"),
            bytes,
            [200],
            Either,
        ));
    }
    for size in [
        "+1d",
        "-1d",
        " 1d",
        "\t1d",
        "1d ",
        "1d\t",
        "0x1d",
        "1dh",
        "1g",
        "",
        ";a=b",
        "1 d",
        "1d\x0b",
        "1d\0",
        "29.",
        "10000000000000000",
        "ffffffffffffffffff",
        "1d;\n",
        "1d;a\nb",
        "1d;a\rb",
        "1d;a\0",
        "１d",
    ] {
        let bytes = one(NEVER, size, "");
        cases.push(case(
            "9112 7.1",
            format!("{size:?} is no size"),
            bytes,
            [400],
            Ends,
        ));
    }
    let long = one(NEVER, &format!("1d;{}", "a".repeat(400)), "");
    cases.push(case(
        "9112 7.1.1",
        "an extension without end",
        long,
        [400],
        Ends,
    ));
    let long = one(NEVER, &format!("{}1d", "0".repeat(400)), "");
    cases.push(case("9112 7.1", "a size without end", long, [400], Ends));
    for trailer in [
        "X-Sum 1\r\n",
        "X-Sum : 1\r\n",
        " X-Sum: 1\r\n",
        "X-Sum: 1\r\n 2\r\n",
        ": 1\r\n",
        "X-Sum: 1\n",
        "X-S(m: 1\r\n",
        "X-Sum: a\rb\r\n",
        "X-Sum: a\0b\r\n",
        "GET /posts/canary HTTP/1.1\r\n",
    ] {
        let bytes = one(NEVER, "1d", trailer);
        cases.push(case(
            "9112 7.1.2",
            format!("a trailer of {trailer:?}"),
            bytes,
            [400],
            Ends,
        ));
    }
    let trailer = "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(300);
    let bytes = one(NEVER, "1d", &trailer);
    cases.push(case(
        "9112 7.1.2",
        "a trailer of over 8 KiB",
        bytes,
        [400],
        Ends,
    ));
    for body in [
        format!("1d\n{NEVER}\r\n0\r\n\r\n"),
        format!("1d\r\n{NEVER}\n0\r\n\r\n"),
        format!("1d\r\n{NEVER}0\r\n\r\n"),
        format!("1d\r\n{NEVER}\r0\r\n\r\n"),
        format!("1d\r\n{NEVER}\r\n0\n\r\n"),
        format!("1d\r\n{NEVER}\r\n0\r\n\n"),
        format!("1d\r\n{NEVER}\r\n0\r\n\rX"),
        format!("1d\r\n{NEVER}\r\n\r\n0\r\n\r\n"),
        format!("1d\r{NEVER}\r\n0\r\n\r\n"),
        format!("1c\r\n{NEVER}\r\n0\r\n\r\n"),
        format!("\r\n1d\r\n{NEVER}\r\n0\r\n\r\n"),
        format!("{NEVER}\r\n0\r\n\r\n"),
    ] {
        let shown = body.replace(NEVER, "…");
        let bytes = put(CHUNKED, &body);
        cases.push(case(
            "9112 7.1",
            format!("{shown:?} is not chunked"),
            bytes,
            [400],
            Ends,
        ));
    }
    let too_large = format!("100001\r\n{NEVER}");
    let bytes = put(CHUNKED, &too_large);
    cases.push(case(
        "9110 15.5.14",
        "a chunk of over 1 MiB",
        bytes,
        [413],
        Ends,
    ));
    for end in [
        "",
        "\r\n",
        "\r\n0",
        "\r\n0\r",
        "\r\n0\r\n",
        "\r\n0\r\n\r",
        "\r\n0\r\nX: y",
        "\r\n0\r\nX: y\r\n",
    ] {
        let bytes = put(CHUNKED, &format!("1d\r\n{NEVER}{end}"));
        cases.push(case(
            "9112 8",
            format!("cut short after {end:?}"),
            bytes,
            [400],
            Cut,
        ));
    }
    for start in ["", "1", "1d", "1d\r\n", "1d\r\n{"] {
        let bytes = put(CHUNKED, start);
        cases.push(case(
            "9112 8",
            format!("cut short after {start:?}, early"),
            bytes,
            [400],
            Cut,
        ));
    }
    for size in ["1e", "ff", "10000"] {
        let bytes = put(CHUNKED, &format!("{size}\r\n{NEVER}"));
        let what = format!("a whole post in a chunk of {size}, cut short");
        cases.push(case("9112 8", what, bytes, [400], Cut));
    }
    cases
}

#[test]
fn chunks_are_decoded_or_refused() {
    run(&cases());
}
