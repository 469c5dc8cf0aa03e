//! The editor over bare sockets: what is written is what is stored, and no text is lost.

use serde_json::json;

use super::owner::{Owner, hidden};
use crate::pages::negotiation::page;
use crate::support::{Home, Lock, until};

#[test]
fn a_post_is_written_read_and_edited() {
    let home = Home::new();
    let server = home.serve().flag("--tz", "Asia/Seoul").start();
    let owner = Owner::of(&server);
    let fields = [
        ("title", " First & <b>best</b> "),
        ("body", "\r\nHello *you*.\r\n\r\n    code\r\n"),
        ("summary", "In short"),
        ("tags", "한글, b,, b"),
        ("published_at", "2026-03-05T08:00"),
        ("action", "save"),
    ];
    let answer = owner.send("/write", &fields);
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(answer.header("Location"), Some("/write/1?saved"));
    let post = server.get("/posts/1?count=false").json();
    let wanted = json!({
        "id": 1, "slug": "first-b-best-b", "title": "First & <b>best</b>", "summary": "In short",
        "body": "\nHello *you*.\n\n    code\n", "tags": ["한글", "b"], "views": 0, "viewers": 0,
        "published_at": "2026-03-04T23:00:00Z", "updated_at": post["updated_at"],
    });
    assert_eq!(post, wanted);
    assert!(
        page(&server, "/posts/1?count=false")
            .text()
            .contains("<em>you</em>")
    );

    let saved = owner.page("/write/1?saved").text();
    assert!(
        saved.contains("Saved.") && saved.contains("/posts/first-b-best-b?count=false"),
        "{saved}"
    );
    // A textarea drops the first line end behind its tag; the text's own comes after it.
    assert!(
        saved.contains(">\n\nHello *you*.\n\n    code\n</textarea>"),
        "{saved}"
    );
    let revision = hidden(&saved, "revision");
    let fields = [
        ("title", "Second"),
        ("body", "New"),
        ("revision", revision.as_str()),
    ];
    assert_eq!(owner.send("/write/first-b-best-b", &fields).status, 303);
    let post = server.get("/posts/1?count=false").json();
    assert_eq!(
        (&post["title"], &post["body"]),
        (&json!("Second"), &json!("New"))
    );
    assert_eq!(
        post["slug"], "first-b-best-b",
        "an address that is left empty stays"
    );
    assert!(
        page(&server, "/posts/1?count=false")
            .text()
            .contains("<p>New</p>")
    );
    // Saved once more without a change, it is not changed.
    assert_eq!(owner.send("/write/1", &fields).status, 303);
    assert_eq!(server.get("/posts/1?count=false").json(), post);
}

#[test]
fn every_mistake_is_told_at_its_field_and_the_text_is_kept() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("taken", "text");
    let owner = Owner::of(&server);
    let long = "x".repeat(101);
    let fields = [
        ("title", " "),
        ("slug", "17"),
        ("tags", long.as_str()),
        ("published_at", "yesterday"),
        ("body", "</textarea><script>a</script>\n kept"),
    ];
    let answer = owner.send("/write", &fields);
    assert_eq!(answer.status, 422);
    let text = answer.text();
    for part in [
        "4 fields are not right",
        "id=\"page-title-mistake\"",
        "id=\"page-slug-mistake\"",
        "id=\"page-tags-mistake\"",
        "id=\"page-published-mistake\"",
        "value=\"17\"",
        &long,
        "&#60;/textarea&#62;&#60;script&#62;a&#60;/script&#62;\n kept",
    ] {
        assert!(text.contains(part), "no {part}: {text}");
    }
    let answer = owner.send("/write", &[("title", "Taken"), ("body", "kept")]);
    assert_eq!(answer.status, 409);
    let text = answer.text();
    assert!(
        text.contains("another post has the slug “taken”") && text.contains("\nkept</textarea>"),
        "{text}"
    );
}

#[test]
fn the_preview_is_what_readers_would_see_and_stores_nothing() {
    let home = Home::new();
    let server = home.serve().start();
    let owner = Owner::of(&server);
    let body = "Hello *you*.\n\n<script>alert(1)</script><img src=x onerror=alert(1)>";
    let fields = [("title", "A title"), ("body", body), ("action", "preview")];
    let answer = owner.send("/write", &fields);
    assert_eq!(answer.status, 200);
    let text = answer.text();
    let (form, preview) = text.split_once("id=\"page-preview\"").expect("a preview");
    assert!(
        form.contains("&#60;script&#62;") && preview.contains("<em>you</em>"),
        "{text}"
    );
    assert!(
        !preview.contains("<script") && !preview.contains("onerror"),
        "{preview}"
    );
    assert_eq!(server.get("/posts").json()["items"], json!([]));
}

#[test]
fn a_conflict_shows_both_texts_and_a_way_on() {
    let home = Home::new();
    let server = home.serve().start();
    let id = server.create("hello", "first text");
    let owner = Owner::of(&server);
    let path = format!("/write/{id}");
    let opened = hidden(&owner.page(&path).text(), "revision");

    // Views are no change that another author could lose.
    for _ in 0..3 {
        server.get("/posts/hello");
    }
    until("the views are counted", || server.views(id) == 3);
    let fields = [
        ("title", "Mine"),
        ("body", "my text"),
        ("revision", opened.as_str()),
    ];
    assert_eq!(owner.send(&path, &fields).status, 303);

    let answer = owner.send(
        &path,
        &[
            ("title", "Late"),
            ("body", "late text"),
            ("revision", &opened),
        ],
    );
    assert_eq!(answer.status, 409);
    let text = answer.text();
    for part in [
        "was changed while you were writing",
        "\nlate text</textarea>",
        "\nmy text</textarea>",
        "value=\"Late\"",
        "<dd>Mine</dd>",
        "<del>− my text\n</del><ins>+ late text\n</ins>",
        "<del>− my text",
        "<ins>+ late text",
        "Save mine over it",
    ] {
        assert!(text.contains(part), "no {part}: {text}");
    }
    assert_eq!(server.get("/posts/1?count=false").json()["body"], "my text");
    // A preview on the way does not make the text newer than it is.
    let revision = hidden(&text, "revision");
    let preview = [
        ("title", "Late"),
        ("body", "late text"),
        ("revision", opened.as_str()),
        ("action", "preview"),
    ];
    assert_eq!(
        hidden(&owner.send(&path, &preview).text(), "revision"),
        opened
    );
    let fields = [
        ("title", "Late"),
        ("body", "late text"),
        ("revision", revision.as_str()),
    ];
    assert_eq!(owner.send(&path, &fields).status, 303);
    let post = server.get("/posts/1?count=false").json();
    assert_eq!(
        (&post["body"], &post["views"]),
        (&json!("late text"), &json!(3))
    );
}

#[test]
fn text_is_kept_when_the_post_is_gone_or_the_store_is_away() {
    let home = Home::new();
    let server = home.serve().start();
    let id = server.create("hello", "first text");
    let owner = Owner::of(&server);
    let path = format!("/write/{id}");
    let fields = [("title", "Mine"), ("body", "my text"), ("revision", "1")];
    {
        let _lock = Lock::hold(&home.database_file());
        let answer = owner.send(&path, &fields);
        assert_eq!(answer.status, 503);
        let text = answer.text();
        assert!(
            text.contains("\nmy text</textarea>") && text.contains("Not saved yet"),
            "{text}"
        );
    }
    assert_eq!(
        server
            .send_json("DELETE", "/posts/hello", &json!({}))
            .status,
        204
    );
    let answer = owner.send(&path, &fields);
    assert_eq!(answer.status, 404);
    let text = answer.text();
    assert!(
        text.contains("\nmy text</textarea>") && text.contains("action=\"/write\""),
        "{text}"
    );
}
