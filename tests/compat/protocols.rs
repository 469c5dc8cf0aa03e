//! busuanzi, vercount and Waline at the wire: what is answered, what counts, what is refused.

use serde_json::json;

use super::{PAGE, ask, ends_with, post, served};
use crate::support::{Home, assert_problem, until};

#[test]
fn busuanzi_calls_back_with_this_view_in_the_numbers() {
    let home = Home::new();
    let server = served(&home);
    let path = "/busuanzi?jsonpCallback=BusuanziCallback_7";
    for number in 1..=3 {
        let answer = ask(&server, "GET", path, &[("Referer", PAGE)], "");
        let expected = format!(
            "try{{BusuanziCallback_7({{\"site_uv\":1,\"page_pv\":{number},\"version\":2.4,\"site_pv\":{number}}});}}catch(e){{}}"
        );
        assert_eq!((answer.status, answer.text()), (200, expected));
        let kind = answer.header("Content-Type").expect("a type");
        assert!(kind.starts_with("application/javascript"), "{kind}");
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        assert_eq!(answer.header("Set-Cookie"), None);
    }
    // Cut to its origin it may be any page: it counts none, and not `/`.
    for origin in ["https://example.org/", "https://example.org"] {
        let answer = ask(&server, "GET", path, &[("Referer", origin)], "").text();
        assert!(
            answer.contains("\"page_pv\":0,") && answer.contains("\"site_pv\":3}"),
            "{answer}"
        );
    }
    // Our script names the page.
    let named = format!("{path}&url=https%3A%2F%2Fexample.org%2F&title=Home");
    let answer = ask(
        &server,
        "GET",
        &named,
        &[("Referer", "https://example.org/")],
        "",
    )
    .text();
    assert!(
        answer.contains("\"page_pv\":1,") && answer.contains("\"site_pv\":4}"),
        "{answer}"
    );
    for elsewhere in [
        "https://example.com/a",
        "http://localhost:4000/a/",
        "file:///a",
    ] {
        let answer = ask(&server, "GET", path, &[("Referer", elsewhere)], "").text();
        assert!(answer.contains("\"page_pv\":0,"), "{answer}");
    }
    for wrong in ["", "al(1)", "a;b", "a%0ab"] {
        let path = format!("/busuanzi?jsonpCallback={wrong}");
        assert_problem(&ask(&server, "GET", &path, &[("Referer", PAGE)], ""), 400);
    }
    ask(&server, "HEAD", path, &[("Referer", PAGE)], "");
    ends_with(&home, server, 4, 0);
}

#[test]
fn the_other_busuanzi_counts_reads_and_submits() {
    let home = Home::new();
    let server = served(&home);
    let page = [
        ("x-bsz-referer", PAGE),
        ("Authorization", "Bearer somebody"),
    ];
    let answer = ask(&server, "POST", "/api", &page, "").json();
    let numbers = json!({"site_pv": 1, "site_uv": 1, "page_pv": 1, "page_uv": 1});
    assert_eq!(
        answer,
        json!({"success": true, "message": "ok", "data": numbers})
    );
    let submitted = ask(&server, "PUT", "/api", &page, "");
    assert_eq!((submitted.status, submitted.body.len()), (204, 0));
    until("both are counted", || server.views("hello") == 2);
    assert_eq!(
        ask(&server, "GET", "/api", &page, "").json()["data"]["page_pv"],
        2
    );
    assert_eq!(
        ask(&server, "POST", "/api", &[], "").json()["success"],
        false
    );
    assert_problem(&ask(&server, "PUT", "/api", &[], ""), 422);
    assert_problem(&ask(&server, "DELETE", "/api", &page, ""), 405);
    let answer = ask(
        &server,
        "GET",
        "/jsonp?callback=f",
        &[("Referer", PAGE)],
        "",
    )
    .text();
    assert_eq!(
        answer,
        "try{f({\"page_pv\":3,\"page_uv\":1,\"site_pv\":3,\"site_uv\":1});}catch(e){}"
    );
    let preflight = ask(
        &server,
        "OPTIONS",
        "/api",
        &[("Origin", "https://example.org")],
        "",
    );
    let allowed = preflight
        .header("Access-Control-Allow-Headers")
        .expect("names");
    assert!(
        preflight.status == 204 && allowed.contains("X-Bsz-Referer"),
        "{allowed}"
    );
    assert_eq!(
        preflight.header("Access-Control-Allow-Methods"),
        Some("GET, POST, PUT, OPTIONS")
    );
    ends_with(&home, server, 3, 0);
}

#[test]
fn vercount_wraps_its_numbers_or_not() {
    let home = Home::new();
    let server = served(&home);
    let sent = json!({"url": PAGE, "isNewUv": true});
    let answer = post(&server, "/api/v2/log", &sent).json();
    let numbers = json!({"site_uv": 1, "site_pv": 1, "page_pv": 1});
    assert_eq!(
        (&answer["status"], &answer["data"]),
        (&json!("success"), &numbers)
    );
    let bare = post(&server, "/api/v1/log", &sent).json();
    assert_eq!(bare, json!({"site_uv": 1, "site_pv": 2, "page_pv": 2}));
    let read = ask(&server, "GET", &format!("/api/v2/log?url={PAGE}"), &[], "").json();
    assert_eq!(read["data"], bare);
    let zeros = json!({"site_uv": 0, "site_pv": 0, "page_pv": 0});
    for wrong in [
        "file:///a",
        "nonsense",
        "http://127.0.0.1/a",
        "https://example.com/",
    ] {
        let answer = post(&server, "/api/v2/log", &json!({"url": wrong}));
        assert_eq!(
            (answer.status, &answer.json()["data"]),
            (200, &zeros),
            "{wrong}"
        );
    }
    let missing = post(&server, "/api/v2/log", &json!({}));
    assert_eq!(
        (missing.status, &missing.json()["status"]),
        (400, &json!("error"))
    );
    ends_with(&home, server, 2, 0);
}

#[test]
fn waline_answers_in_the_order_asked_and_its_older_path_bare() {
    let home = Home::new();
    let server = served(&home);
    let sent = json!({"path": "/2024/hello/", "type": "time", "action": "inc"});
    let answer = post(&server, "/api/article", &sent).json();
    assert_eq!(
        answer,
        json!({"errno": 0, "errmsg": "", "data": [{"time": 1}]})
    );
    assert_eq!(post(&server, "/article", &sent).json(), 2);
    let read = |path: &str| ask(&server, "GET", path, &[], "").json();
    assert_eq!(
        read("/api/article?path=%2Fno%2F,%2F2024%2Fhello%2F&type=time&lang=en"),
        json!({"errno": 0, "errmsg": "", "data": [{"time": 0}, {"time": 2}]})
    );
    assert_eq!(read("/article?path=/2024/hello/"), 2);
    assert_eq!(read("/article?path=/2024/hello/,/no/"), json!([2, 0]));
    for wrong in [
        json!({"path": "/2024/hello/", "type": "time", "action": "desc"}),
        json!({"path": "/2024/hello/", "type": "reaction0", "action": "inc"}),
        json!({"type": "time"}),
        json!({"path": "https://example.com/", "type": "time", "action": "inc"}),
    ] {
        assert_ne!(
            post(&server, "/api/article", &wrong).json()["errno"],
            0,
            "{wrong}"
        );
    }
    ends_with(&home, server, 2, 0);
}
