//! `GET /posts/{post}/corrections`: what was set by hand, and why.

use serde_json::{Value, json};

use crate::support::{Home, assert_problem};

#[test]
fn corrections_are_read_latest_first_and_page_by_page_by_who_may() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    server.create("other", "text");
    for (views, reason) in [(10, "moved"), (4, "a crawler"), (7, "its readers")] {
        let body = json!({"views": views, "reason": reason});
        let answer = server.send_json("PUT", "/posts/hello/views", &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let mut read: Vec<Value> = Vec::new();
    let mut path = "/posts/hello/corrections?limit=2".to_owned();
    loop {
        let page = server.connect().request("GET", &path, &[], b"");
        assert_eq!(page.status, 200, "{}", page.text());
        let list = page.json();
        read.extend(list["items"].as_array().expect("items").clone());
        match list["next_cursor"].as_str() {
            None => break,
            Some(cursor) => path = format!("/posts/hello/corrections?limit=2&cursor={cursor}"),
        }
    }
    let told: Vec<(i64, &str)> = read
        .iter()
        .map(|one| {
            let at = one["at"].as_str().expect("a time");
            assert!(at.ends_with('Z'), "{at}");
            (
                one["views"].as_i64().expect("views"),
                one["reason"].as_str().expect("a reason"),
            )
        })
        .collect();
    assert_eq!(told, [(3, "its readers"), (-6, "a crawler"), (10, "moved")]);
    let none = server
        .connect()
        .request("GET", "/posts/other/corrections", &[], b"")
        .json();
    assert_eq!(none, json!({"items": [], "next_cursor": null}));
    assert_problem(
        &server
            .connect()
            .request("GET", "/posts/nobody/corrections", &[], b""),
        404,
    );
    let stranger =
        server
            .connect()
            .request_without_token("GET", "/posts/hello/corrections", &[], b"");
    assert_problem(&stranger, 401);
}
