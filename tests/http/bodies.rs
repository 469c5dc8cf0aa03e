//! RFC 9112 §6.3 and §9.3: bodies that nobody wants are read over or end the connection; none becomes a request.

use super::case::Then::{Ends, Stays};
use super::case::{Case, NEVER, case, run};

const SMUGGLED: &str = "GET /posts/canary HTTP/1.1\r\nHost: a\r\n\r\n";

fn sized(method: &str, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

fn chunked(method: &str, path: &str, body: &str) -> Vec<u8> {
    let size = body.len();
    format!("{method} {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{size:x}\r\n{body}\r\n0\r\n\r\n")
        .into_bytes()
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let paths = [
        ("GET", "/healthz", 200),
        ("GET", "/posts/hello?count=false", 200),
        ("GET", "/posts", 200),
        ("POST", "/posts/hello/views", 202),
        ("GET", "/nothing", 404),
        ("POST", "/nothing", 404),
        ("POST", "/healthz", 405),
        ("POST", "/posts", 401),
        ("PUT", "/posts/edited", 401),
        ("DELETE", "/posts/edited", 401),
        ("HEAD", "/healthz", 200),
        ("OPTIONS", "/posts", 204),
    ];
    for (method, path, status) in paths {
        let what = |kind: &str| format!("{method} {path} with a {kind} body");
        let bytes = sized(method, path, SMUGGLED);
        cases.push(case("9112 6.3", what("small"), bytes, [status], Stays));
        let bytes = sized(method, path, &SMUGGLED.repeat(500));
        cases.push(case("9112 6.3", what("20 kB"), bytes, [status], Stays));
        let bytes = sized(method, path, &SMUGGLED.repeat(5000));
        cases.push(case("9112 9.3", what("200 kB"), bytes, [status], Ends));
        let bytes = chunked(method, path, SMUGGLED);
        cases.push(case("9112 9.3", what("chunked"), bytes, [status], Ends));
    }
    let two = [
        sized("POST", "/posts/hello/views", "x"),
        sized("GET", "/healthz", "yz"),
    ]
    .concat();
    cases.push(case(
        "9112 9.3.2",
        "two beacons' bodies",
        two,
        [202, 200],
        Stays,
    ));
    let none = "POST /posts/hello/views HTTP/1.1\r\nHost: a\r\n\r\n";
    cases.push(case(
        "9112 6.3",
        "a beacon without a body",
        none,
        [202],
        Stays,
    ));
    let wrong = sized("POST", "/posts", NEVER);
    cases.push(case(
        "9110 15.5.2",
        "a post without the token",
        wrong,
        [401],
        Stays,
    ));
    cases
}

#[test]
fn unwanted_bodies_never_become_requests() {
    run(&cases());
}
