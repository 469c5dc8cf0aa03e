//! LeanCloud and GoatCounter at the wire.

use serde_json::{Value, json};

use super::{ask, ends_with, post, served};
use crate::support::{Home, Response, Server, until};

fn where_(server: &Server, condition: &Value) -> Value {
    let encoded: String = condition
        .to_string()
        .bytes()
        .map(|byte| format!("%{byte:02x}"))
        .collect();
    let path = format!("/1.1/classes/Counter?where={encoded}");
    ask(
        server,
        "GET",
        &path,
        &[("X-LC-Id", "a"), ("X-LC-Key", "b")],
        "",
    )
    .json()["results"]
        .clone()
}

#[test]
fn leancloud_finds_makes_and_increments_counters() {
    let home = Home::new();
    let server = served(&home);
    assert_eq!(where_(&server, &json!({"url": "/2024/hello/"})), json!([]));
    let counter = json!({"title": "Hello", "url": "/2024/hello/", "time": 1});
    let made = post(&server, "/1.1/classes/Counter", &counter);
    assert_eq!((made.status, &made.json()["time"]), (201, &json!(1)));
    let found = where_(&server, &json!({"url": "/2024/hello/"}));
    assert_eq!(
        (&found[0]["time"], &found[0]["url"]),
        (&json!(1), &json!("/2024/hello/"))
    );
    assert_eq!(found[0]["objectId"], made.json()["objectId"]);
    let object = format!(
        "/1.1/classes/Counter/{}",
        found[0]["objectId"].as_str().expect("an id")
    );
    let one = json!({"time": {"__op": "Increment", "amount": 1}});
    let put = |body: &Value| ask(&server, "PUT", &object, &[], &body.to_string());
    assert_eq!(put(&one).json()["time"], 2);
    for wrong in [
        json!({"time": {"__op": "Increment", "amount": 1000}}),
        json!({"time": 5}),
        json!(null),
    ] {
        assert_eq!(put(&wrong).status, 400, "{wrong}");
    }
    assert_eq!(
        ask(
            &server,
            "PUT",
            "/1.1/classes/Counter/%21",
            &[],
            &one.to_string()
        )
        .status,
        400
    );
    // Fluid makes counters that are nothing yet, and increments them together with the site's.
    let other = post(
        &server,
        "/1.1/classes/Counter",
        &json!({"target": "/2024/other/", "time": 0}),
    );
    assert_eq!(
        where_(&server, &json!({"target": "/2024/other/"})),
        json!([]),
        "nobody has read it"
    );
    let site = where_(&server, &json!({"target": "site-pv"}));
    let paths = [&site[0], &other.json()].map(|counter| {
        format!(
            "/1.1/classes/Counter/{}",
            counter["objectId"].as_str().expect("an id")
        )
    });
    let requests: Vec<Value> = paths
        .iter()
        .map(|path| json!({"method": "PUT", "path": path, "body": one}))
        .collect();
    let answers = post(&server, "/1.1/batch", &json!({"requests": requests})).json();
    assert_eq!(answers[1]["success"]["time"], 1);
    assert_eq!(where_(&server, &json!({"target": "site-pv"}))[0]["time"], 3);
    let both = where_(
        &server,
        &json!({"url": {"$in": ["/2024/other/", "/no/", "/2024/hello/"]}}),
    );
    let times: Vec<&Value> = both
        .as_array()
        .expect("results")
        .iter()
        .map(|one| &one["time"])
        .collect();
    assert_eq!(times, [&json!(1), &json!(2)]);
    let preflight = ask(&server, "OPTIONS", &object, &[], "");
    let allowed = preflight
        .header("Access-Control-Allow-Headers")
        .expect("names");
    assert!(
        allowed.contains("X-LC-Id") && allowed.contains("X-LC-Key"),
        "{allowed}"
    );
    assert_eq!(
        server.get("/posts/hello?count=false").json()["title"],
        "Hello"
    );
    ends_with(&home, server, 3, 0);
}

#[test]
fn goatcounter_answers_an_image_and_formatted_numbers() {
    let home = Home::new();
    let server = served(&home);
    let count = |query: &str| ask(&server, "GET", &format!("/count?{query}"), &[], "");
    let counted = count(
        "p=%2F2024%2Fhello%2F%3Fa%3Db&t=Hello&r=https%3A%2F%2Fother.example%2Fx&s=1200&rnd=x1",
    );
    assert_eq!(
        (counted.status, counted.header("Content-Type")),
        (200, Some("image/gif"))
    );
    assert_eq!(
        ask(&server, "POST", "/count?p=/2024/hello/", &[], "").status,
        200,
        "sendBeacon posts"
    );
    let reason = |answer: Response| (answer.status, answer.header("X-Goatcounter").is_some());
    assert_eq!(reason(count("p=https://example.com/a")), (202, true));
    assert_eq!(reason(count("p=click&e=true")), (202, true));
    assert_eq!(reason(count("")), (400, true));
    assert_eq!(reason(count("p=/a&b=5")), (400, true));
    assert_eq!(
        count("p=/2024/hello/&b=153").status,
        200,
        "a browser driven by a program"
    );
    until("the views are counted", || server.views("hello") == 2);
    let number = |path: &str| {
        let answer = server.get(&format!("/counter/{path}.json"));
        (
            answer.status,
            answer.json()["count"].as_str().expect("a text").to_owned(),
        )
    };
    for page in ["%2F2024%2Fhello%2F", "/2024/hello/", "2024"] {
        let expected = if page == "2024" {
            (404, "0")
        } else {
            (200, "2")
        };
        assert_eq!(number(page), (expected.0, expected.1.to_owned()), "{page}");
    }
    assert_eq!(number("TOTAL"), (200, "2".to_owned()));
    let body = json!({"views": 1_234_567, "reason": "moved"});
    assert_eq!(
        server.send_json("PUT", "/posts/hello/views", &body).status,
        200
    );
    assert_eq!(number("/2024/hello/").1, "1\u{202f}234\u{202f}567");
    let ranged = |query: &str| server.get(&format!("/counter//2024/hello/.json?{query}"));
    assert_eq!(ranged("start=week").json()["count"], "2");
    assert_eq!(
        ranged("start=2020-01-01&end=2020-01-02").json()["count"],
        "0"
    );
    assert_eq!(ranged("start=yesterday").status, 400);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().uncounted("bot"), 1);
}
