//! RFC 9110 §13 and §14: conditions on reads and writes, and ranges that may be ignored.

use super::case::Then::Stays;
use super::case::{Case, EDITED, NEVER, case, put, run, sized};

fn read(method: &str, lines: &str) -> String {
    format!("{method} /posts/hello?count=false HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for value in [
        "{etag}",
        "W/{etag}",
        "*",
        "\"x\", {etag}",
        "{etag}, \"x\"",
        "\"a,b\", W/\"x\" ,\t{etag}",
        ",{etag}",
    ] {
        for method in ["GET", "HEAD"] {
            let bytes = read(method, &format!("If-None-Match: {value}\r\n"));
            let what = format!("{method} of what is known by {value}");
            let known = case("9110 13.1.2", what, bytes, [304], Stays);
            cases.push(known.shows(|answer| {
                let tag = answer.header("ETag").is_some();
                if tag {
                    Ok(())
                } else {
                    Err("RFC 9110 15.4.5: no ETag in a 304".to_owned())
                }
            }));
        }
    }
    for value in ["\"x\"", "W/\"x\"", "\"x\", \"y\"", "\"*\""] {
        for method in ["GET", "HEAD"] {
            let bytes = read(method, &format!("If-None-Match: {value}\r\n"));
            cases.push(case(
                "9110 13.1.2",
                format!("{method} of what is not {value}"),
                bytes,
                [200],
                Stays,
            ));
        }
    }
    let lines = "If-None-Match: \"x\"\r\nIf-None-Match: {etag}\r\n";
    cases.push(case(
        "9110 5.3",
        "a list over two lines",
        read("GET", lines),
        [304],
        Stays,
    ));
    let lines = "If-None-Match: \"x\"\r\nIf-Modified-Since: Fri, 01 Jan 2999 00:00:00 GMT\r\n";
    cases.push(case(
        "9110 13.1.3",
        "a date is ignored beside a tag",
        read("GET", lines),
        [200],
        Stays,
    ));
    let lines = "If-Modified-Since: yesterday\r\n";
    cases.push(case(
        "9110 13.1.3",
        "a date that is none is ignored",
        read("GET", lines),
        [200],
        Stays,
    ));
    for range in ["bytes=0-1", "bytes=9-1", "lines=0-1", "x"] {
        let bytes = read("GET", &format!("Range: {range}\r\n"));
        cases.push(case(
            "9110 14.2",
            format!("the range {range} may be ignored"),
            bytes,
            [200],
            Stays,
        ));
    }
    for value in ["\"x\"", "W/\"x\"", "\"x\", \"y\""] {
        let bytes = put(&format!("If-Match: {value}\r\n{}", sized(NEVER)), NEVER);
        cases.push(case(
            "9110 13.1.1",
            format!("writing what is not {value}"),
            bytes,
            [412],
            Stays,
        ));
    }
    let bytes = put(&format!("If-Match: *\r\n{}", sized(EDITED)), EDITED);
    cases.push(case(
        "9110 13.1.1",
        "writing what is there",
        bytes,
        [200],
        Stays,
    ));
    let bytes = put(&format!("If-None-Match: *\r\n{}", sized(NEVER)), NEVER);
    cases.push(case(
        "9110 13.1.2",
        "writing only what is not there",
        bytes,
        [412],
        Stays,
    ));
    cases
}

#[test]
fn conditions_decide_what_is_answered() {
    run(&cases());
}
