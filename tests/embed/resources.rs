//! What other sites embed: badges, the pixel, the snippet, and what their pages may read.

use std::process::Command;

use roxmltree::Document;

use crate::support::{Home, Response, Server, assert_problem, missing, until};

const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00";

/// A server with the post `hello` and some views of it.
fn viewed(views: i64) -> (Home, Server) {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    let mut client = server.connect();
    for _ in 0..views {
        client.get("/posts/hello/pixel.gif");
    }
    until("the views are counted", || server.views("hello") == views);
    (home, server)
}

/// What a badge says: its texts, label first.
fn said(badge: &Response) -> Vec<String> {
    texts(badge, 200)
}

fn texts(badge: &Response, status: u16) -> Vec<String> {
    assert_eq!(badge.status, status, "{}", badge.text());
    assert_eq!(badge.header("Content-Type"), Some("image/svg+xml"));
    let text = badge.text();
    let document = Document::parse(&text).expect("well-formed");
    document
        .descendants()
        .filter(|node| node.tag_name().name() == "text")
        .map(|node| node.text().expect("a text").to_owned())
        .collect()
}

#[test]
fn a_badge_shows_the_views_and_is_none() {
    let (home, server) = viewed(3);
    let mut client = server.connect();
    for _ in 0..5 {
        assert_eq!(said(&client.get("/posts/hello/badge.svg")), ["views", "3"]);
    }
    assert_eq!(said(&client.get("/posts/1/badge.svg")), ["views", "3"]);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 3);
}

#[test]
fn a_badge_looks_as_asked() {
    let (_home, server) = viewed(0);
    let badge = |query: &str| server.get(&format!("/posts/hello/badge.svg?{query}"));
    let label = "label=%EC%A1%B0%ED%9A%8C+%3Cb%3E%26%22%27";
    assert_eq!(said(&badge(label)), ["조회 <b>&\"'", "0"]);
    assert_eq!(said(&badge("label=")), ["0"]);
    assert_eq!(said(&badge("cache-buster=1")), ["views", "0"]);
    assert!(badge("").text().contains("rx="));
    assert!(!badge("style=flat-square").text().contains("rx="));
    let capitals = badge("style=for-the-badge");
    assert_eq!(said(&capitals), ["VIEWS", "0"]);
    assert!(capitals.text().contains("height=\"28\""));
    let colored = badge("color=success&labelColor=lightgrey").text();
    assert!(
        colored.contains("#2da44e") && colored.contains("#afb8c1"),
        "{colored}"
    );
    assert!(badge("color=green").text().contains("#1a7f37"));
    assert!(badge("color=%230a3").text().contains("#00aa33"));
}

#[test]
fn a_badge_abbreviates_when_asked() {
    let home = Home::new();
    let server = home.serve().start();
    let id = server.create("hello", "text");
    server.stop();
    let insert = format!(
        "INSERT INTO counts (post, views, viewers) VALUES ({id}, 12345, 0)
         ON CONFLICT (post) DO UPDATE SET views = 12345"
    );
    home.database().execute(&insert);
    let server = home.serve().start();
    let badge = |query: &str| said(&server.get(&format!("/posts/hello/badge.svg?{query}")));
    assert_eq!(badge(""), ["views", "12345"]);
    assert_eq!(badge("abbreviate=true"), ["views", "12.3k"]);
    for separator in [",", "comma"] {
        assert_eq!(
            badge(&format!("separator={separator}")),
            ["views", "12,345"]
        );
    }
    assert_eq!(badge("separator=space"), ["views", "12\u{202f}345"]);
    let json = server.get("/posts/hello/badge.json?abbreviate=true&label=seen&color=teal");
    assert_eq!(json.header("Content-Type"), Some("application/json"));
    let wanted = serde_json::json!({"schemaVersion": 1, "label": "seen", "message": "12.3k", "color": "teal"});
    assert_eq!(json.json(), wanted);
}

#[test]
fn a_badge_that_cannot_be_drawn_is_a_problem() {
    let (_home, server) = viewed(0);
    for query in [
        "color=bleu",
        "color=%22%2F%3E",
        "labelColor=bleu",
        "style=plastic",
        "separator=%3B",
        "abbreviate=perhaps",
        "label=%00",
    ] {
        let parameter = query.split('=').next().expect("a name");
        let answer = server.get(&format!("/posts/hello/badge.json?{query}"));
        assert_problem(&answer, 422);
        assert!(answer.text().contains(parameter), "{}", answer.text());
        // What shows the image learns it from the image.
        let drawn = texts(&server.get(&format!("/posts/hello/badge.svg?{query}")), 422);
        assert!(drawn[1].contains(parameter), "{drawn:?}");
    }
    assert_problem(&server.get("/posts/nobody/badge.json"), 404);
    for name in ["nobody", "%FF"] {
        let unknown = server.get(&format!("/posts/{name}/badge.svg"));
        assert!(texts(&unknown, 404)[1].contains("no such post"));
        assert_eq!(unknown.header("Cache-Control"), Some("no-store"));
    }
    assert_problem(&server.get("/posts/nobody/pixel.gif"), 404);
}

#[test]
fn a_badge_is_fresh_within_a_minute_wherever_it_is_kept() {
    let (_home, server) = viewed(1);
    let mut client = server.connect();
    for name in ["badge.svg", "badge.json"] {
        let path = format!("/posts/hello/{name}");
        let first = client.get(&path);
        let caching = first.header("Cache-Control").expect("caching");
        assert_eq!(caching, "max-age=0, s-maxage=30");
        let tag = first.header("ETag").expect("a tag").to_owned();
        let known = [("If-None-Match", tag.as_str())];
        let again = client.request("GET", &path, &known, b"");
        assert_eq!((again.status, again.body.len()), (304, 0));
        assert_eq!(again.header("ETag"), Some(tag.as_str()));
        let other = client.request("GET", &(path.clone() + "?label=x"), &known, b"");
        assert_eq!(other.status, 200, "another picture has another tag");

        let before = server.views("hello");
        client.get("/posts/hello/pixel.gif");
        until("the view is counted", || {
            server.views("hello") == before + 1
        });
        // What is in memory follows the commit, a moment later.
        until("another number has another tag", || {
            client.request("GET", &path, &known, b"").status == 200
        });
    }
}

#[test]
fn the_pixel_is_a_view_each_time_it_is_shown() {
    let (home, server) = viewed(0);
    let mut client = server.connect();
    for _ in 0..4 {
        let pixel = client.get("/posts/hello/pixel.gif");
        assert_eq!(pixel.status, 200);
        assert_eq!(pixel.header("Content-Type"), Some("image/gif"));
        assert_eq!(pixel.header("Cache-Control"), Some("no-store"));
        assert_eq!(pixel.header("View-Outcome"), Some("accepted"));
        assert!(pixel.header("ETag").is_none(), "nothing to revalidate with");
        assert!(pixel.body.starts_with(GIF) && pixel.body.ends_with(b";"));
        assert_eq!(pixel.body.len(), 43);
    }
    let uncounted = client.get("/posts/hello/pixel.gif?count=false");
    assert_eq!(uncounted.header("View-Outcome"), Some("not-asked"));
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 4);
}

#[test]
fn heads_have_no_body_and_are_no_views() {
    let (home, server) = viewed(0);
    let mut client = server.connect();
    for path in [
        "/posts/hello/badge.svg",
        "/posts/hello/badge.json",
        "/posts/hello/pixel.gif",
        "/viewtally.js",
    ] {
        let head = client.request("HEAD", path, &[], b"");
        let whole = client.request("GET", &format!("{path}?count=false"), &[], b"");
        assert_eq!(head.status, 200, "{path}");
        let header = |name| (head.header(name), whole.header(name));
        for name in ["Content-Type", "Content-Length", "Cache-Control", "ETag"] {
            let (of_head, of_whole) = header(name);
            assert_eq!(of_head, of_whole, "{path}: {name}");
        }
        let refused = client.request("POST", path, &[], b"");
        assert_problem(&refused, 405);
        assert_eq!(refused.header("Allow"), Some("GET, HEAD, OPTIONS"));
    }
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 0);
}

#[test]
fn the_snippet_is_small_and_kept_for_an_hour() {
    let (_home, server) = viewed(0);
    let mut client = server.connect();
    let script = client.get("/viewtally.js?v=1");
    assert_eq!(script.status, 200);
    assert!(script.body.len() < 3584, "{} bytes", script.body.len());
    assert_eq!(
        script.header("Content-Type"),
        Some("text/javascript; charset=utf-8")
    );
    assert_eq!(script.header("Cache-Control"), Some("public, max-age=3600"));
    assert_eq!(
        script.header("Cross-Origin-Resource-Policy"),
        Some("cross-origin")
    );
    let tag = script.header("ETag").expect("a tag").to_owned();
    let again = client.request("GET", "/viewtally.js", &[("If-None-Match", &tag)], b"");
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[test]
fn beacons_of_browsers_count_whatever_they_carry() {
    let (home, server) = viewed(0);
    let mut client = server.connect();
    let origin = ("Origin", "https://example.org");
    let kinds = [
        ("text/plain;charset=UTF-8", &b"{\"a\":1}"[..]),
        ("application/x-www-form-urlencoded;charset=UTF-8", b"a=1"),
        ("application/octet-stream", b"\x00\xff"),
    ];
    for (kind, body) in kinds {
        let headers = [origin, ("Content-Type", kind)];
        let answer = client.request("POST", "/posts/hello/views", &headers, body);
        assert_eq!(answer.status, 202, "{kind}");
        assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("*"));
    }
    // As sendBeacon(url) sends it.
    let empty = [origin, ("Content-Length", "0")];
    let answer = client.request("POST", "/posts/hello/views", &empty, b"");
    assert_eq!(answer.status, 202);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 4);
}

#[test]
fn a_named_origin_alone_may_read() {
    let home = Home::new();
    let server = home
        .serve()
        .flag("--cors-origin", "https://example.com")
        .start();
    server.create("hello", "text");
    let mut client = server.connect();
    // The same to all, also to those that say no origin: what a cache keeps is then right for the next.
    for origin in ["https://example.com", "https://example.org", ""] {
        let headers = [("Origin", origin)];
        let headers = if origin.is_empty() { &[][..] } else { &headers };
        for path in ["/posts/hello/views", "/views?posts=hello", "/posts/nobody"] {
            let answer = client.request("GET", path, headers, b"");
            assert_eq!(
                answer.header("Access-Control-Allow-Origin"),
                Some("https://example.com"),
                "{path} for {origin:?}"
            );
            assert_eq!(answer.header("Vary"), Some("Origin"));
        }
    }
}

#[test]
fn an_origin_that_no_browser_sends_is_refused() {
    let home = Home::new();
    for wrong in [
        "https://example.com/",
        "https://Example.com",
        "example.com",
        "https://a.example,https://b.example",
        "https://",
        "",
    ] {
        let refused = home.serve().flag("--cors-origin", wrong).run_or_stop();
        assert_eq!(refused.code, Some(2), "{wrong:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("--cors-origin"));
    }
}

/// Where there is Node: single-page sites, blocked beacons and the rest that a real browser is hard to bring to.
#[test]
fn the_snippet_does_as_it_says_in_made_up_pages() {
    let root = env!("CARGO_MANIFEST_DIR");
    let (home, server) = viewed(0);
    let snippet = home.write("viewtally.js", server.get("/viewtally.js").body);
    let node = Command::new("node")
        .arg(format!("{root}/tests/embed/data/viewtally.test.js"))
        .arg(snippet)
        .output();
    match node {
        Ok(output) => assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) => missing(&format!(
            "node does not run: {error} (on Debian: apt-get install nodejs)"
        )),
    }
}
