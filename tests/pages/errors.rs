//! Problems: a page for people, problem details for programs.

use super::negotiation::{BROWSER, page};
use crate::support::{Home, Response, Signal, assert_problem, until};

fn assert_page(answer: &Response, status: u16) {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    assert_eq!(
        answer.header("Content-Type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    let policy = answer.header("Content-Security-Policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(text.contains(&format!(">{status}<")), "{text}");
    assert!(text.len() < 2_000);
}

#[test]
fn a_browser_is_told_of_problems_by_a_page() {
    let home = Home::new();
    let server = home.serve().start();
    assert_page(&page(&server, "/nothing"), 404);
    assert_page(&page(&server, "/posts/nothing"), 404);
    assert_page(&page(&server, "/posts?limit=x&cursor=x"), 422);
    let html = [("Accept", BROWSER)];
    let mut client = server.connect();
    let posted = client.request("POST", "/feed.xml", &html, b"");
    assert_page(&posted, 405);
    assert_eq!(posted.header("Allow"), Some("GET, HEAD, OPTIONS"));
    let unsigned = client.request_without_token("PUT", "/posts/1", &html, b"{}");
    assert_page(&unsigned, 401);
    assert_eq!(unsigned.header("WWW-Authenticate"), Some("Bearer"));

    assert_problem(&server.get("/nothing"), 404);
    assert_problem(&client.request("POST", "/feed.xml", &[], b""), 405);
    let options = client.request("OPTIONS", "/feed.xml", &html, b"");
    assert_eq!(
        (options.status, options.header("Allow")),
        (204, Some("GET, HEAD, OPTIONS"))
    );
}

#[test]
fn a_browser_is_told_by_a_page_that_the_server_stops() {
    let home = Home::new();
    // What is in flight keeps the drain going: a body that does not come.
    let server = home.serve().flag("--request-timeout", "5s").start();
    let mut held = server.connect();
    held.send(b"POST /posts HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer suite-token-0123456789\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n")
        .expect("sent");
    let mut other = server.connect();
    assert_eq!(other.get("/healthz").status, 200);
    let mut probe = server.connect();
    until("the body is awaited", || {
        server.metric("http_requests_in_flight") >= 1
    });
    server.signal(Signal::Int);
    until("readiness tells that it drains", || {
        probe.get("/readyz").status == 503
    });
    let answer = other.request("GET", "/posts", &[("Accept", BROWSER)], b"");
    assert_page(&answer, 503);
    assert_eq!(answer.header("Retry-After"), Some("5"));
    held.send(b"{\"a\": 1}\n").expect("sent");
    assert!(held.read().expect("an answer").is_some());
    assert_eq!(server.wait().code, Some(0));
}
