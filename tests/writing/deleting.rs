//! Deleting a post in the editor, and undoing it.

use serde_json::json;

use super::owner::{Owner, hidden};
use crate::pages::negotiation::page;
use crate::support::clock::FakeClock;
use crate::support::http::TOKEN;
use crate::support::{Home, until};

/// In seconds.
const DAY: i64 = 24 * 60 * 60;

#[test]
fn a_deleted_post_comes_back_with_its_id_its_views_and_its_viewers() {
    let home = Home::new();
    let server = home.serve().start();
    let id = server.create("hello", "text");
    let mut client = server.connect();
    for viewer in ["ann", "bob", "ann"] {
        client.request("GET", "/posts/hello", &[("Viewer-Id", viewer)], b"");
    }
    until("the views are counted", || server.views(id) == 3);
    let before = server.get("/posts/hello?count=false").json();
    let owner = Owner::of(&server);
    let path = format!("/write/{id}");
    let form = owner.page(&path).text();
    let draft = [
        ("title", "hello"),
        ("slug", "hello"),
        ("body", "text"),
        ("published_at", &hidden(&form, "published_at")),
        ("revision", &hidden(&form, "revision")),
        ("action", "delete"),
    ];
    let answer = owner.send(&path, &draft);
    assert_eq!(answer.status, 200);
    let text = answer.text();
    assert!(
        text.contains("can be brought back") && text.contains("value=\"undo\""),
        "{text}"
    );
    assert!(
        !text.contains("name=\"body\""),
        "nothing was unsaved: {text}"
    );

    for gone in [
        "/posts/hello",
        "/posts/1",
        "/posts/1/views",
        "/posts/hello/stats",
        "/posts/hello/badge.svg",
    ] {
        assert_eq!(server.get(gone).status, 404, "{gone}");
        assert_eq!(page(&server, gone).status, 404, "{gone}");
    }
    let bearer = format!("Bearer {TOKEN}");
    let token = [("Authorization", bearer.as_str())];
    assert_eq!(
        client.request("DELETE", "/posts/1", &token, b"").status,
        404
    );
    assert_eq!(server.get("/posts").json()["items"], json!([]));
    assert!(!page(&server, "/feed.xml").text().contains("hello"));
    assert!(
        owner
            .page("/write")
            .text()
            .contains("href=\"/write/1\">hello</a>")
    );
    assert!(owner.page(&path).text().contains("value=\"undo\""));

    let answer = owner.send(&path, &[("action", "undo")]);
    assert_eq!(answer.header("Location"), Some("/write/1?restored"));
    assert!(
        owner
            .page("/write/1?restored")
            .text()
            .contains("The post is back")
    );
    assert_eq!(server.get("/posts/hello?count=false").json(), before);
    let viewers = client
        .request("GET", "/posts/hello/viewers", &[], b"")
        .json();
    assert_eq!(viewers["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(home.run(&["check"]).code, Some(0));
}

#[test]
fn views_on_their_way_count_for_a_post_that_is_deleted_meanwhile() {
    let home = Home::new();
    let server = home.serve().flag("--flush-every", "2s").start();
    let id = server.create("hello", "text");
    let owner = Owner::of(&server);
    let mut client = server.connect();
    let bot = [(
        "User-Agent",
        "Googlebot/2.1 (+http://www.google.com/bot.html)",
    )];
    for _ in 0..25 {
        assert_eq!(client.get("/posts/hello").status, 200);
        assert_eq!(client.request("GET", "/posts/hello", &bot, b"").status, 200);
    }
    let path = format!("/write/{id}");
    let fields = [("title", "hello"), ("revision", "1"), ("action", "delete")];
    assert_eq!(owner.send(&path, &fields).status, 200);
    assert_eq!(client.get("/posts/hello").status, 404);
    assert_eq!(server.stop().code, Some(0));
    let mut database = home.database();
    assert_eq!(database.views_of(id), 25);
    let bots = format!("SELECT SUM(count) AS number FROM ledger WHERE post = {id}");
    assert_eq!(database.number(&bots), 25);
    assert_eq!(
        database.number("SELECT SUM(count) AS number FROM ledger"),
        25
    );
    let checked = home.run(&["check"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

#[test]
fn after_thirty_days_it_is_gone_for_good() {
    let home = Home::new();
    let Some(clock) = FakeClock::below(&home) else {
        return;
    };
    let server = clock.over(home.serve()).start();
    let id = server.create("hello", "text");
    server.get("/posts/hello");
    until("the view is counted", || server.views(id) == 1);
    let owner = Owner::of(&server);
    let path = format!("/write/{id}");
    let fields = [("title", "hello"), ("revision", "1"), ("action", "delete")];
    assert_eq!(owner.send(&path, &fields).status, 200);
    clock.set(&server, 29 * DAY);
    assert_eq!(server.stop().code, Some(0));
    let server = clock.over(home.serve()).start();
    let owner = Owner::of(&server);
    assert!(owner.page(&path).text().contains("value=\"undo\""));
    clock.set(&server, 30 * DAY + 60);
    // Looked for at each start, and each hour.
    assert_eq!(server.stop().code, Some(0));
    let server = clock.over(home.serve()).start();
    let owner = Owner::of(&server);
    until("it is gone", || owner.page(&path).status == 404);
    assert_eq!(owner.send(&path, &[("action", "undo")]).status, 404);
    until("its views are gone", || {
        server.get("/views").json()["views"] == 0
    });
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.run(&["check"]).code, Some(0));
}

#[test]
fn unsaved_text_survives_a_deletion_and_a_conflict_stops_one() {
    let home = Home::new();
    let server = home.serve().start();
    let id = server.create("hello", "text");
    let owner = Owner::of(&server);
    let path = format!("/write/{id}");
    let mut fields = vec![
        ("title", "New title"),
        ("body", "unsaved\n\"text\""),
        ("revision", "7"),
        ("action", "delete"),
    ];
    let answer = owner.send(&path, &fields);
    assert_eq!(answer.status, 409, "deleted from under another author");
    assert!(answer.text().contains("\nunsaved\n"), "{}", answer.text());
    assert_eq!(server.get("/posts/hello").status, 200);

    fields[2] = ("revision", "1");
    let text = owner.send(&path, &fields).text();
    assert!(text.contains("value=\"unsaved\n&#34;text&#34;\""), "{text}");
    // Another tab saves and previews: told, and nothing is lost.
    for action in ["save", "preview"] {
        fields[3] = ("action", action);
        let answer = owner.send(&path, &fields);
        assert_eq!(answer.status, 404);
        let text = answer.text();
        assert!(
            text.contains("\nunsaved\n") && text.contains("value=\"undo\""),
            "{text}"
        );
    }
    fields[3] = ("action", "undo");
    let answer = owner.send(&path, &fields);
    assert_eq!(answer.status, 200);
    let text = answer.text();
    assert!(
        text.contains("is not saved yet") && text.contains("\nunsaved\n"),
        "{text}"
    );
    let revision = hidden(&text, "revision");
    fields[2] = ("revision", &revision);
    fields[3] = ("action", "save");
    assert_eq!(owner.send(&path, &fields).status, 303);
    let post = server.get("/posts/hello?count=false").json();
    assert_eq!(
        (&post["id"], &post["body"]),
        (&json!(id), &json!("unsaved\n\"text\""))
    );
}

#[test]
fn a_slug_that_is_taken_meanwhile_gets_a_number() {
    let home = Home::new();
    let server = home.serve().start();
    let id = server.create("hello", "text");
    let owner = Owner::of(&server);
    let path = format!("/write/{id}");
    let fields = [("title", "hello"), ("revision", "1"), ("action", "delete")];
    assert_eq!(owner.send(&path, &fields).status, 200);
    server.create("hello", "another");
    assert_eq!(owner.send(&path, &[("action", "undo")]).status, 303);
    assert_eq!(server.get("/posts/hello-2?count=false").json()["id"], id);
}
