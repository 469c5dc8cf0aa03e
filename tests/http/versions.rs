//! RFC 9110 §2.5 and RFC 9112 §2.3: versions that are served, that are refused, and that are none.

use super::case::Then::{Ends, Stays};
use super::case::{Case, case, run};

const SECTION: &str = "9112 2.3";

fn version(version: &str) -> String {
    format!("GET /healthz {version}\r\nHost: a\r\n\r\n")
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for minor in 2..=9 {
        let name = format!("HTTP/1.{minor}");
        cases.push(case(
            "9110 2.5",
            format!("{name} is served"),
            version(&name),
            [200],
            Stays,
        ));
    }
    for later in ["HTTP/0.9", "HTTP/2.0", "HTTP/2.1", "HTTP/3.0", "HTTP/9.9"] {
        cases.push(case(
            "9110 15.6.6",
            format!("{later} is told from"),
            version(later),
            [505],
            Ends,
        ));
    }
    for none in [
        "HTTP/1.10",
        "HTTP/1.01",
        "HTTP/01.1",
        "HTTP/11.1",
        "HTTP/1",
        "HTTP/2",
        "HTTP/1.",
        "HTTP/.1",
        "HTTP/",
        "HTTP",
        "HTTP/11",
        "HTTP/1,1",
        "HTTP/-1.1",
        "HTTP/+1.1",
        "HTTP/1.+1",
        "HTTP/1.1.1",
        "HTTP/a.b",
        "HTTP/1.x",
        "HTTP/0x1.1",
        "HTTP 1.1",
        "http/1.1",
        "Http/1.1",
        "HTTPS/1.1",
        "XHTTP/1.1",
        "ICY/1.1",
    ] {
        cases.push(case(
            SECTION,
            format!("{none} is no version"),
            version(none),
            [400],
            Ends,
        ));
    }
    let simple = "GET /healthz\r\n\r\n";
    cases.push(case(SECTION, "no version at all", simple, [400], Ends));
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    cases.push(case(
        "9113 3.4",
        "the preface of HTTP/2",
        preface,
        [505],
        Ends,
    ));
    let bare = "GET /healthz HTTP/2.0\r\n\r\n";
    cases.push(case(
        "9110 15.6.6",
        "HTTP/2.0 without a Host",
        bare,
        [505],
        Ends,
    ));
    cases
}

#[test]
fn versions_are_served_or_told() {
    run(&cases());
}
