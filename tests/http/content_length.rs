//! RFC 9110 §8.6 and RFC 9112 §6: lengths that are none are refused, whether a body is wanted or not.

use super::case::Then::{Cut, Either, Ends, Stays};
use super::case::{Case, EDITED, NEVER, case, healthz, put, run};

const SECTION: &str = "9112 6.3";

pub fn cases() -> Vec<Case> {
    let good = |lines: &str| put(lines, EDITED);
    let bad = |lines: &str| put(lines, NEVER);
    let mut cases = vec![
        case(
            "9110 8.6",
            "a length",
            good("Content-Length: 29\r\n"),
            [200],
            Stays,
        ),
        case(
            "9110 8.6",
            "its name in lower case",
            good("content-length: 29\r\n"),
            [200],
            Stays,
        ),
        case(
            "9110 8.6",
            "its name in upper case",
            good("CONTENT-LENGTH: 29\r\n"),
            [200],
            Stays,
        ),
        case(
            "9110 8.6",
            "no space before it",
            good("Content-Length:29\r\n"),
            [200],
            Stays,
        ),
        case(
            "9110 8.6",
            "white space around it",
            good("Content-Length: \t29 \t\r\n"),
            [200],
            Stays,
        ),
        case(
            "9110 8.6",
            "a leading zero",
            good("Content-Length: 029\r\n"),
            [200],
            Stays,
        ),
        case(
            "9110 8.6",
            "many leading zeros",
            good("Content-Length: 000000000000000000000000000029\r\n"),
            [200],
            Stays,
        ),
        case(
            "9110 8.6",
            "a byte fewer than sent",
            put("Content-Length: 28\r\n", &NEVER[..28]),
            [400],
            Stays,
        ),
        case(
            "9112 6.3",
            "no body, so no document",
            put("", ""),
            [400],
            Stays,
        ),
        case(
            "9112 6.3",
            "a body of no bytes",
            put("Content-Length: 0\r\n", ""),
            [400],
            Stays,
        ),
        case(
            "9112 6.3",
            "a length of nothing on a read",
            healthz("Content-Length: 0\r\n"),
            [200],
            Stays,
        ),
        case(
            "9112 6.3",
            "a body that is cut short",
            bad("Content-Length: 30\r\n"),
            [400],
            Cut,
        ),
        case(
            "9112 6.3",
            "a body that is cut shorter",
            put("Content-Length: 29\r\n", &NEVER[..1]),
            [400],
            Cut,
        ),
        case(
            "9112 6.3",
            "a body that never comes",
            put("Content-Length: 29\r\n", ""),
            [400],
            Cut,
        ),
        case(
            "9112 9.3",
            "two writes at once",
            [
                good("Content-Length: 29\r\n"),
                good("content-Length: 29\r\n"),
            ]
            .concat(),
            [200, 200],
            Either,
        ),
        case(
            "9112 9.3",
            "a write, then a read",
            [good("Content-Length: 29\r\n"), healthz("")].concat(),
            [200, 200],
            Either,
        ),
    ];
    let values: [&[u8]; 27] = [
        b"+29",
        b"-29",
        b"-0",
        b"29 29",
        b"2 9",
        b"29, 29",
        b"29,29",
        b"29,",
        b",29",
        b"29, 30",
        b"29;x",
        b"29.0",
        b"2.9e1",
        b"0x1d",
        b"1d",
        b"'29'",
        b"\"29\"",
        b"",
        b" ",
        b",",
        b"abc",
        b"29\xa0",
        "２９".as_bytes(),
        b"29\xff",
        b"NaN",
        b"2\t9",
        b"_29",
    ];
    for value in values {
        let line = [b"Content-Length: ", value, b"\r\n"].concat();
        let shown = String::from_utf8_lossy(value).into_owned();
        let reading = healthz(&line);
        cases.push(case(
            SECTION,
            format!("{shown:?} is no length, read"),
            reading,
            [400],
            Ends,
        ));
        let head = put("", "");
        let writing = [
            &head[..head.len() - 2],
            &line[..],
            b"\r\n",
            NEVER.as_bytes(),
        ]
        .concat();
        cases.push(case(
            SECTION,
            format!("{shown:?} is no length, written"),
            writing,
            [400],
            Ends,
        ));
    }
    for lines in [
        "Content-Length: 29\r\nContent-Length: 29\r\n",
        "Content-Length: 29\r\nContent-Length: 0\r\n",
        "Content-Length: 0\r\nContent-Length: 29\r\n",
        "Content-Length: 29\r\nAccept: x\r\ncontent-length: 29\r\n",
        "Content-Length:\r\nContent-Length: 29\r\n",
    ] {
        cases.push(case(
            SECTION,
            format!("two lengths: {lines:?}"),
            bad(lines),
            [400],
            Ends,
        ));
    }
    for huge in [
        "1048577",
        "4294967296",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "18446744073709551645",
        "99999999999999999999999999999999999999",
    ] {
        let lines = format!("Content-Length: {huge}\r\n");
        cases.push(case(
            "9110 15.5.14",
            format!("{huge} bytes to store"),
            bad(&lines),
            [413],
            Ends,
        ));
    }
    let beyond = "Content-Length: 18446744073709551616\r\n";
    cases.push(case(
        "9110 8.6",
        "a length beyond 64 bits, of no use",
        healthz(beyond),
        [413],
        Ends,
    ));
    cases
}

#[test]
fn lengths_are_digits_and_one() {
    run(&cases());
}
