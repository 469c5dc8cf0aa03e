//! RFC 9110 §9 and §15.5.6: methods that are known, that a path does not answer, and that are none.

use super::case::Then::{Ends, Stays};
use super::case::{Case, EDITED, NEVER, case, put, run, sized};

fn with(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n")
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for method in [
        "POST",
        "PUT",
        "DELETE",
        "PATCH",
        "TRACE",
        "CONNECT",
        "PROPFIND",
        "QUERY",
        "X",
        "get",
        "Get",
        "GETS",
        "M-SEARCH",
        "!#$%&'*+-.^_`|~",
    ] {
        let known = case(
            "9110 15.5.6",
            format!("{method} of a path that reads"),
            with(method, "/healthz"),
            [405],
            Stays,
        );
        cases.push(known.shows(|answer| {
            let allow = answer.header("Allow").unwrap_or_default();
            let methods: Vec<&str> = allow.split(',').map(str::trim).collect();
            let all = ["GET", "HEAD"]
                .iter()
                .all(|method| methods.contains(method));
            if all {
                Ok(())
            } else {
                Err(format!("Allow: {allow}"))
            }
        }));
        let what = format!("{method} of an unknown path");
        cases.push(case(
            "9110 15.5.5",
            what,
            with(method, "/nothing"),
            [404],
            Stays,
        ));
    }
    let long = "X".repeat(100);
    cases.push(case(
        "9110 9.1",
        "a method of 100 letters",
        with(&long, "/healthz"),
        [405],
        Stays,
    ));
    for sign in "\"(),/:;<=>?@[\\]{}".chars() {
        let what = format!("{sign} is in no method");
        cases.push(case(
            "9110 9.1",
            what,
            with(&format!("G{sign}T"), "/healthz"),
            [400],
            Ends,
        ));
    }
    for byte in [0x00_u8, 0x01, 0x0b, 0x7f, 0x80, 0xe9, 0xff] {
        let bytes = [b"G", &[byte][..], b"T /healthz HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
        cases.push(case(
            "9110 9.1",
            format!("byte {byte:#04x} is in no method"),
            bytes,
            [400],
            Ends,
        ));
    }
    let patch = String::from_utf8(put(&sized(NEVER), NEVER)).expect("ASCII");
    let patch = patch.replacen("PUT", "PATCH", 1);
    cases.push(case(
        "9110 15.5.6",
        "PATCH with a body",
        patch,
        [405],
        Stays,
    ));
    let kinds = [
        ("application/json", EDITED, 200),
        ("application/json; charset=utf-8", EDITED, 200),
        ("APPLICATION/JSON", EDITED, 200),
        ("text/plain", NEVER, 415),
        ("application/x-www-form-urlencoded", NEVER, 415),
        ("", NEVER, 415),
    ];
    for (kind, body, status) in kinds {
        let bytes = String::from_utf8(put(&sized(body), body)).expect("ASCII");
        let bytes = bytes.replace("Type: application/json", &format!("Type:{kind}"));
        cases.push(case(
            "9110 15.5.16",
            format!("content of type {kind:?}"),
            bytes,
            [status],
            Stays,
        ));
    }
    for (value, status) in [
        ("Bearer wrong", 401),
        ("Basic dTpw", 401),
        ("", 401),
        ("Bearer", 401),
    ] {
        let bytes = format!(
            "PUT /posts/edited HTTP/1.1\r\nHost: a\r\nAuthorization: {value}\r\nContent-Type: application/json\r\nContent-Length: 29\r\n\r\n{NEVER}"
        );
        cases.push(case(
            "9110 11.6",
            format!("writing with {value:?}"),
            bytes,
            [status],
            Stays,
        ));
    }
    cases
}

#[test]
fn methods_are_known_allowed_or_refused() {
    run(&cases());
}
