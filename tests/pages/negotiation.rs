//! Who gets a page and who gets JSON, and that both count alike.

use crate::support::http::Response;
use crate::support::{Home, Server, until};

/// As Chromium sends it.
pub const BROWSER: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

pub fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Response {
    server.connect().request("GET", path, headers, b"")
}

/// As a browser asks.
pub fn page(server: &Server, path: &str) -> Response {
    get(server, path, &[("Accept", BROWSER)])
}

fn is_html(answer: &Response) -> bool {
    answer.header("Content-Type") == Some("text/html; charset=utf-8")
}

#[test]
fn who_prefers_pages_gets_them_and_everyone_else_json() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "Hello *you*.");
    for path in ["/posts/hello", "/posts/1", "/posts"] {
        for (accept, html) in [
            (Some(BROWSER), true),
            (Some("text/html;q=0.9, application/json;q=0.8"), true),
            (Some("text/html;q=0.8, application/json;q=0.9"), false),
            (Some("*/*"), false),
            (Some("application/json"), false),
            (None, false),
        ] {
            let headers: Vec<_> = accept
                .map(|accept| ("Accept", accept))
                .into_iter()
                .collect();
            let answer = get(&server, path, &headers);
            assert_eq!(answer.status, 200, "{path} {accept:?}");
            assert_eq!(is_html(&answer), html, "{path} {accept:?}");
            assert_eq!(answer.header("Vary"), Some("Accept"), "{path} {accept:?}");
        }
    }
    let text = page(&server, "/posts/hello").text();
    assert!(text.contains("<p>Hello <em>you</em>.</p>"), "{text}");
}

#[test]
fn a_page_is_one_view_like_its_json() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    let first = page(&server, "/posts/hello");
    assert_eq!(first.header("View-Outcome"), Some("accepted"));
    until("the view is counted", || server.views("hello") == 1);
    let tag = |answer: &Response| answer.header("ETag").expect("a tag").to_owned();
    let second = page(&server, "/posts/hello");
    assert!(second.text().contains(">1 view<"), "{}", second.text());
    assert_ne!(tag(&second), tag(&first), "the views are part of the page");
    until("the view is counted", || server.views("hello") == 2);

    let current = tag(&page(&server, "/posts/hello?count=false"));
    let headers = [("Accept", BROWSER), ("If-None-Match", &current)];
    let unchanged = get(&server, "/posts/hello", &headers);
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    until("a page that is unchanged is viewed all the same", || {
        server.views("hello") == 3
    });
    // The tag of one form is not that of the other.
    let json = get(&server, "/posts/hello?count=false", &[]);
    assert_ne!(tag(&json), tag(&page(&server, "/posts/hello?count=false")));

    let mut client = server.connect();
    let head = client.request("HEAD", "/posts/hello", &[("Accept", BROWSER)], b"");
    assert!(is_html(&head) && head.header("View-Outcome") == Some("not-asked"));
    let prefetch = [("Accept", BROWSER), ("Sec-Purpose", "prefetch")];
    let prefetched = get(&server, "/posts/hello", &prefetch);
    assert_eq!(prefetched.header("View-Outcome"), Some("prefetch"));
    let index = page(&server, "/posts");
    assert_eq!(index.header("View-Outcome"), None);
    assert_eq!(server.stop().code, Some(0));
    let mut database = home.database();
    assert_eq!((database.views(), database.uncounted("prefetch")), (3, 1));
}

#[test]
fn a_page_shows_an_edit_and_its_neighbours_edits_at_once() {
    let home = Home::new();
    let server = home.serve().start();
    for (slug, year) in [("one", 2021), ("two", 2022), ("three", 2023)] {
        let post = serde_json::json!({
            "slug": slug, "title": format!("Title {slug}"), "body": format!("Body {slug}"),
            "published_at": format!("{year}-05-01T00:00:00Z"), "tags": ["a tag"],
        });
        assert_eq!(server.send_json("POST", "/posts", &post).status, 201);
    }
    let shows = |path: &str, wanted: &[&str], not: &[&str]| {
        let text = page(&server, path).text();
        for part in wanted {
            assert!(text.contains(part), "{path} has no {part}:\n{text}");
        }
        for part in not {
            assert!(!text.contains(part), "{path} has {part}");
        }
    };
    let links = [
        "rel=\"prev\" href=\"/posts/one\"",
        "rel=\"next\" href=\"/posts/three\"",
    ];
    shows("/posts/two", &links, &[]);
    shows(
        "/posts/one",
        &["rel=\"next\" href=\"/posts/two\""],
        &["rel=\"prev\""],
    );
    shows(
        "/posts/three",
        &["1 May 2023", "/posts?tag=a%20tag"],
        &["rel=\"next\""],
    );

    let edit =
        serde_json::json!({"slug": "zwei", "title": "Another title", "body": "Another body"});
    assert_eq!(server.send_json("PUT", "/posts/two", &edit).status, 200);
    shows(
        "/posts/zwei",
        &["<h1>Another title</h1>", "Another body"],
        &["Body two"],
    );
    shows(
        "/posts/one",
        &["href=\"/posts/zwei\"", "Another title"],
        &["/posts/two"],
    );
    assert_eq!(page(&server, "/posts/two").status, 404);
    let deleted = server.connect().request("DELETE", "/posts/zwei", &[], b"");
    assert_eq!(deleted.status, 204);
    shows("/posts/one", &["href=\"/posts/three\""], &["zwei"]);
}

#[test]
fn a_page_names_the_address_its_reader_used_and_keeps_no_other_readers() {
    let home = Home::new();
    let server = home.serve().flag("--trust-proxy", "127.0.0.0/8").start();
    server.create("hello", "text");
    for (host, proto, origin) in [
        ("a.example", "https", "https://a.example"),
        ("b.example:81", "http", "http://b.example:81"),
        ("c&'.example", "", "http://c&amp;&#39;.example"),
    ] {
        let request = format!(
            "GET /posts/hello HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Proto: {proto}\r\nAccept: text/html\r\n\r\n"
        );
        let mut client = server.connect();
        client.send(request.as_bytes()).expect("sent");
        let text = client.read().expect("an answer").expect("one").text();
        let link = format!("<link rel=\"canonical\" href=\"{origin}/posts/hello\">");
        assert!(text.contains(&link), "{text}");
        assert_eq!(text.matches(&origin["http".len()..]).count(), 2, "{text}");
        assert!(!text.contains(['\u{FDD0}', '\u{FDD1}', '\u{FDD2}']));
    }
}

#[test]
fn only_a_trusted_proxy_says_that_the_connection_is_encrypted() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    let headers = [("Accept", BROWSER), ("X-Forwarded-Proto", "https")];
    let text = get(&server, "/posts/hello", &headers).text();
    assert!(text.contains("\"http://localhost/posts/hello\"") && !text.contains("https://"));
}

#[test]
fn files_have_names_of_their_content_and_are_kept_for_long() {
    let home = Home::new();
    let server = home.serve().start();
    let index = page(&server, "/posts").text();
    let mut files = 0;
    for part in index.split("\"/assets/").skip(1) {
        let name = part.split('"').next().expect("a name");
        let file = server.get(&format!("/assets/{name}"));
        assert_eq!(file.status, 200, "{name}");
        let caching = file.header("Cache-Control").expect("caching");
        assert!(caching.contains("immutable") && caching.contains("max-age=31536000"));
        files += 1;
    }
    assert!(files >= 2, "{index}");
    assert_eq!(server.get("/assets/style-0000000000000000.css").status, 404);
    assert_eq!(server.get("/assets/../posts").status, 404);
}

#[test]
fn the_index_is_paged_without_losing_the_question() {
    let home = Home::new();
    let server = home.serve().start();
    for number in 0..45 {
        let tags = if number % 2 == 0 {
            vec!["even & more"]
        } else {
            vec![]
        };
        let post = serde_json::json!({"title": format!("Post {number}"), "tags": tags});
        assert_eq!(server.send_json("POST", "/posts", &post).status, 201);
    }
    let mut seen = 0;
    let mut pages = 0;
    let mut path = "/posts?tag=even%20%26%20more&q=post".to_owned();
    loop {
        let text = page(&server, &path).text();
        seen += text.matches("<h2").count();
        pages += 1;
        let Some((_, rest)) = text.split_once("rel=\"next\" href=\"") else {
            break;
        };
        let address = rest.split('"').next().expect("an address");
        path = address.replace("&#38;", "&").replace("&amp;", "&");
    }
    assert_eq!((seen, pages), (23, 2));
    assert_eq!(page(&server, "/posts?cursor=x").status, 422);
    assert_eq!(page(&server, "/posts?sort=x").status, 422);
}
