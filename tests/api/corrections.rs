//! `/posts/{post}/corrections`: what was set by hand or taken out, why, and how it is taken back.

use serde_json::{Value, json};

use crate::support::{Home, Server, Signal, assert_problem, until};

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

/// Two hours, in the first of which a post was viewed first: a test may run from one hour into the next.
fn these_hours(server: &Server, name: &str) -> (String, String) {
    let series = server.get(&format!("/posts/{name}/views?period=all&by=hour"));
    let start = series.json()["series"]
        .as_array()
        .expect("a series")
        .iter()
        .find(|bucket| bucket["views"] != 0)
        .expect("an hour with views")["start"]
        .as_str()
        .expect("a time")
        .to_owned();
    let first: jiff::Timestamp = start.parse().expect("a time");
    (
        start,
        (first + jiff::SignedDuration::from_hours(2)).to_string(),
    )
}

fn read_often(server: &Server, name: &str, n: i64) {
    let before = server.views(name);
    for _ in 0..n {
        assert_eq!(server.get(&format!("/posts/{name}")).status, 200);
    }
    until("all is counted", || server.views(name) == before + n);
}

#[test]
fn a_range_of_hours_is_taken_out_and_put_back() {
    let home = Home::new();
    let server = home.serve().start();
    let id = server.create("hello", "text");
    server.create("other", "text");
    read_often(&server, "hello", 5);
    read_often(&server, "other", 2);
    let (from, to) = these_hours(&server, "hello");
    let range = json!({"from": from, "to": to, "reason": "a crawler"});
    let path = "/posts/hello/corrections";

    let taken = server.send_json("POST", path, &range);
    assert_eq!(taken.status, 201, "{}", taken.text());
    let number = taken.json()["id"].as_i64().expect("a number");
    let location = format!("/posts/{id}/corrections/{number}");
    assert_eq!(taken.header("Location"), Some(location.as_str()));
    let mut expected = json!({
        "id": number, "at": taken.json()["at"], "views": -5, "viewers": 0, "reason": "a crawler", "from": from, "to": to,
    });
    assert_eq!(taken.json(), expected);
    let ask = |method: &str, path: &str| server.connect().request(method, path, &[], b"");
    assert_eq!(ask("GET", &location).json(), expected);
    // It is gone everywhere at once.
    let post = server.get("/posts/hello?count=false").json();
    assert_eq!((&post["views"], &post["viewers"]), (&json!(0), &json!(1)));
    let numbers = server.get("/posts/hello/views?period=24h").json();
    assert_eq!(numbers["views"], 0);
    let ranked = server.get("/posts?sort=views&period=24h").json();
    let ranked = ranked["items"].as_array().expect("items");
    assert_eq!((ranked.len(), &ranked[0]["slug"]), (1, &json!("other")));
    assert_eq!(server.get("/views").json()["views"], 2);

    // Again: nothing is left. What comes later counts.
    let again = server.send_json("POST", path, &range);
    assert_eq!(
        (again.status, again.json()["views"].as_i64()),
        (200, Some(0))
    );
    assert!(again.json()["id"].is_null(), "{}", again.text());
    read_often(&server, "hello", 3);

    let back = ask("DELETE", &location);
    assert_eq!(back.status, 200, "{}", back.text());
    assert_eq!(back.json()["views"], 5);
    assert_eq!(back.json()["takes_back"], number);
    assert_eq!(server.views("hello"), 8);
    assert_eq!(ask("DELETE", &location).json(), back.json(), "it is done");
    assert_eq!(server.views("hello"), 8);
    expected["taken_back_by"] = back.json()["id"].clone();
    let list = ask("GET", path).json();
    assert_eq!(list["items"], json!([back.json(), expected]));

    // With a kill in between nothing is lost or doubled.
    let taken = server.send_json("POST", path, &range);
    assert_eq!(taken.json()["views"], -8);
    server.signal(Signal::Kill);
    server.wait();
    let server = home.serve().start();
    assert_eq!(server.views("hello"), 0);
    let location = taken.header("Location").expect("an address").to_owned();
    let back = server.connect().request("DELETE", &location, &[], b"");
    assert_eq!((back.status, server.views("hello")), (200, 8));
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.run(&["check"]).code, Some(0), "its numbers are sound");
}

#[test]
fn what_cannot_be_taken_out_is_refused_with_what_to_try() {
    let home = Home::new();
    let server = home.serve().start();
    let id = server.create("hello", "text");
    server.create("other", "text");
    read_often(&server, "hello", 3);
    let (from, to) = these_hours(&server, "hello");
    let range = json!({"from": from, "to": to, "reason": "a crawler"});
    let path = "/posts/hello/corrections";
    let body = range.to_string();
    let json_type = [("Content-Type", "application/json")];
    let stranger =
        server
            .connect()
            .request_without_token("POST", path, &json_type, body.as_bytes());
    assert_problem(&stranger, 401);
    let nobody = server.send_json("POST", "/posts/nobody/corrections", &range);
    assert_problem(&nobody, 404);
    for (wrong, pointer, advice) in [
        (
            json!({"from": from, "to": from, "reason": "x"}),
            "/to",
            "after from",
        ),
        (
            json!({"from": from.replace(":00:00Z", ":20:00Z"), "to": to, "reason": "x"}),
            "/from",
            from.as_str(),
        ),
        (
            json!({"from": from, "to": to.replace(":00:00Z", ":00:01Z"), "reason": "x"}),
            "/to",
            "try ",
        ),
        (
            json!({"from": "yesterday", "to": to, "reason": "x"}),
            "/from",
            "RFC 3339",
        ),
        (
            json!({"from": from, "to": to, "reason": " "}),
            "/reason",
            "500",
        ),
    ] {
        let refused = server.send_json("POST", path, &wrong);
        assert_problem(&refused, 422);
        let error = &refused.json()["errors"][0];
        assert_eq!(error["pointer"], pointer, "{wrong}");
        let detail = error["detail"].as_str().expect("a detail");
        assert!(detail.contains(advice), "{wrong}: {detail}");
    }
    // Set to less than its hours say.
    let set = json!({"views": 2, "reason": "estimated"});
    let set = server.send_json("PUT", "/posts/hello/views", &set);
    assert_eq!(set.status, 200);
    let refused = server.send_json("POST", path, &range);
    assert_problem(&refused, 409);
    assert!(refused.text().contains("PUT /posts/{post}/views"));
    assert_eq!(server.views("hello"), 2);

    let ask = |method: &str, path: &str| server.connect().request(method, path, &[], b"");
    let set = ask("GET", path).json()["items"][0]["id"].clone();
    let of_number = format!("/posts/{id}/corrections/{set}");
    assert_eq!(ask("GET", &of_number).status, 200);
    assert_problem(&ask("DELETE", &of_number), 409);
    for unknown in [
        format!("/posts/other/corrections/{set}"),
        "/posts/hello/corrections/99".to_owned(),
        "/posts/hello/corrections/x".to_owned(),
        format!("/posts/nobody/corrections/{set}"),
    ] {
        assert_problem(&ask("GET", &unknown), 404);
        assert_problem(&ask("DELETE", &unknown), 404);
    }
    for method in ["GET", "DELETE"] {
        let stranger = server
            .connect()
            .request_without_token(method, &of_number, &[], b"");
        assert_problem(&stranger, 401);
    }
}
