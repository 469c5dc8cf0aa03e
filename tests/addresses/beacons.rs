//! What a beacon by address counts, and what is read by address.

use serde_json::json;

use super::views_of;
use crate::support::{Home, Server, assert_problem, until};

const SITE: (&str, &str) = (
    "--site",
    "https://www.example.org,https://me.example.net/blog",
);

/// Sends a beacon of a page; answers the post.
fn beacon(server: &Server, url: &str) -> i64 {
    let answer = server.connect().request("POST", &views_of(url), &[], b"");
    assert_eq!(answer.status, 202, "{url}: {}", answer.text());
    assert_eq!(answer.header("View-Outcome"), Some("accepted"));
    assert_eq!(answer.json()["outcome"], "accepted");
    answer.json()["post"].as_i64().expect("a post")
}

#[test]
fn the_first_view_of_a_page_makes_its_post() {
    let home = Home::new();
    let server = home.serve().flags(&[SITE]).start();
    let url = "https://example.org/2024/hello/";
    assert_problem(&server.get(&views_of(url)), 404);
    let titled = format!("{}&title=Hello%2C%0Aworld+%E2%80%93+a+blog", views_of(url));
    let answer = server.connect().request("POST", &titled, &[], b"");
    let post = answer.json()["post"].as_i64().expect("a post");
    let made = server.get(&format!("/posts/{post}?count=false")).json();
    assert_eq!(
        (&made["slug"], &made["title"], &made["body"]),
        (&json!("hello"), &json!("Hello, world – a blog"), &json!(""))
    );
    for same in [
        "http://example.org/2024/hello",
        "https://www.example.org/2024/hello/index.html?a=b#c",
        "//EXAMPLE.org:443/2024/%68ello/",
        "/2024/hello",
    ] {
        assert_eq!(beacon(&server, same), post, "{same}");
    }
    until("the views are counted", || server.views(post) == 5);
    let numbers = server.get(&views_of("/2024/hello?x")).json();
    assert_eq!(
        (&numbers["post"], &numbers["views"]),
        (&json!(post), &json!(5))
    );
    // Two pages with one last part are two posts.
    let other = beacon(&server, "https://example.org/2023/hello/");
    assert_ne!(other, post);
    assert_eq!(
        server.get(&format!("/posts/{other}?count=false")).json()["slug"],
        "hello-2"
    );
    assert_eq!(server.stop().code, Some(0));
    let csv = home.run(&["export", "--format", "csv"]).stdout;
    assert!(csv.contains(&format!("{other},hello-2,1,")), "{csv}");
}

#[test]
fn many_pages_are_read_at_once_in_the_order_asked() {
    let home = Home::new();
    let server = home.serve().flags(&[SITE]).start();
    let named = server.create("named", "text");
    let (a, b) = (
        beacon(&server, "https://example.org/a,b/"),
        beacon(&server, "https://me.example.net/blog/b/"),
    );
    let ids = |query: &str| {
        let answer = server.get(&format!("/views?{query}")).json();
        let items = answer["items"].as_array().expect("items").clone();
        assert_eq!(
            answer["asked"].as_array().expect("names").len(),
            items.len()
        );
        let id = |item: &serde_json::Value| item["post"].as_i64();
        items.iter().map(id).collect::<Vec<_>>()
    };
    let addresses = "url=https://me.example.net/blog/b&url=/nobody/&url=//example.org/a,b";
    assert_eq!(ids(addresses), [Some(b), None, Some(a)]);
    assert_eq!(
        ids(&format!("posts=named,none&{addresses}")),
        [Some(named), None, Some(b), None, Some(a)]
    );
    assert_eq!(
        ids("url=https://me.example.net/blog/b/,https://example.org/a,b/,/x"),
        [Some(b), Some(a), None]
    );
    assert_eq!(ids("posts=&url=/a,b"), [Some(a)]);
    let many: Vec<String> = (0..501).map(|number| format!("url=/{number}")).collect();
    assert_problem(&server.get(&format!("/views?{}", many.join("&"))), 422);
    let day = server.get("/views?url=/a,b&period=24h").json();
    assert_eq!(day["series"].as_array().expect("a series").len(), 25);
}

#[test]
fn what_is_on_no_site_or_no_address_counts_nothing() {
    let home = Home::new();
    let server = home.serve().flags(&[SITE]).start();
    for elsewhere in [
        "https://example.com/a",
        "http://localhost:4000/a",
        "https://example.org:8443/a",
        "https://me.example.net/",
        "https://me.example.net/blogger",
    ] {
        let answer = server
            .connect()
            .request("POST", &views_of(elsewhere), &[], b"");
        assert_problem(&answer, 404);
        assert_problem(&server.get(&views_of(elsewhere)), 404);
    }
    for wrong in [
        "",
        "hello",
        "javascript:alert(1)",
        "https://example.org/a\u{0}b",
    ] {
        let answer = server.connect().request("POST", &views_of(wrong), &[], b"");
        assert_problem(&answer, 422);
    }
    assert_problem(&server.connect().request("POST", "/views", &[], b""), 422);
    assert_problem(&server.get("/views?ulr=x"), 422);
    assert_eq!(server.get("/views").json()["views"], 0);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(
        home.database()
            .number("SELECT count(*) AS number FROM posts"),
        0
    );
}

#[test]
fn only_a_view_makes_a_post() {
    let home = Home::new();
    let server = home.serve().flags(&[SITE]).start();
    let path = views_of("https://example.org/a");
    let mut client = server.connect();
    let bot = client.request("POST", &path, &[("User-Agent", "Googlebot/2.1")], b"");
    assert_eq!(
        (bot.status, bot.json()),
        (202, json!({"post": null, "outcome": "bot"}))
    );
    let quiet = client.request("POST", &format!("{path}&count=false"), &[], b"");
    assert_eq!(quiet.json(), json!({"post": null, "outcome": "not-asked"}));
    assert_eq!(client.request("HEAD", &path, &[], b"").status, 404);
    let preflight = client.request("OPTIONS", "/views", &[], b"");
    assert_eq!(
        preflight.header("Access-Control-Allow-Methods"),
        Some("GET, HEAD, POST")
    );
    assert_eq!(server.stop().code, Some(0));
    let mut database = home.database();
    assert_eq!(database.number("SELECT count(*) AS number FROM posts"), 0);
    assert_eq!((database.uncounted("bot"), database.ledger()), (1, 1));
}

#[test]
fn without_a_site_a_page_is_the_post_of_its_last_part() {
    let home = Home::new();
    let server = home.serve().start();
    let id = server.create("hello", "text");
    for url in [
        "https://a.example/2023/hello/",
        "http://b.example/x/Hello.html",
        "/hello",
    ] {
        assert_eq!(beacon(&server, url), id);
    }
    until("the views are counted", || server.views(id) == 3);
    assert_eq!(
        server.get(&views_of("//c.example/hello")).json()["views"],
        3
    );
    let unknown = server
        .connect()
        .request("POST", &views_of("https://a.example/other"), &[], b"");
    assert_problem(&unknown, 404);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(
        home.database()
            .number("SELECT count(*) AS number FROM posts"),
        1
    );
}

#[test]
fn a_post_keeps_its_address_through_a_deletion_an_export_and_a_restart() {
    let home = Home::new();
    let server = home.serve().flags(&[SITE]).start();
    let post = beacon(&server, "https://example.org/a");
    until("the view is counted", || server.views(post) == 1);
    assert_eq!(server.stop().code, Some(0));
    let server = home.serve().flags(&[SITE]).start();
    assert_eq!(beacon(&server, "https://example.org/a/"), post);
    assert_eq!(server.stop().code, Some(0));
    let exported = home.run(&["export"]);
    let copy = Home::new();
    let file = copy.write("all.jsonl", exported.stdout);
    let restored = copy.run(&["import", "export", &file.to_string_lossy()]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let server = copy.serve().flags(&[SITE]).start();
    assert_eq!(beacon(&server, "https://example.org/a/"), post);
    let deleted = server
        .connect()
        .request("DELETE", &format!("/posts/{post}"), &[], b"");
    assert_eq!(deleted.status, 204);
    assert_ne!(
        beacon(&server, "https://example.org/a/"),
        post,
        "ids are not reused"
    );
}
