//! The feed, the sitemap and what crawlers may read.

use roxmltree::{Document, Node};

use crate::support::{Home, Server, seed};

const ATOM: &str = "http://www.w3.org/2005/Atom";

fn child<'a>(node: Node<'a, 'a>, name: &str) -> Option<Node<'a, 'a>> {
    node.children()
        .find(|child| child.has_tag_name((ATOM, name)))
}

fn text<'a>(node: Node<'a, 'a>, name: &str) -> &'a str {
    child(node, name)
        .and_then(|child| child.text())
        .unwrap_or_default()
}

fn locations(server: &Server, path: &str) -> Vec<String> {
    let answer = server.get(path);
    assert_eq!(answer.status, 200, "{path}");
    assert_eq!(
        answer.header("Content-Type"),
        Some("application/xml; charset=utf-8")
    );
    let text = answer.text();
    let document = Document::parse(&text).expect("XML");
    document
        .descendants()
        .filter(|node| node.tag_name().name() == "loc")
        .map(|node| node.text().expect("an address").to_owned())
        .collect()
}

#[test]
fn the_feed_is_what_atom_says() {
    let home = Home::new();
    let server = home.serve().start();
    for number in 1..=25 {
        let post = serde_json::json!({
            "slug": format!("post-한-{number}"), "title": format!("<Title> & \u{1} {number}"),
            "summary": "a ]]> b", "body": "*Hello* & <b>\u{FDD0}\u{2}</b>\n\n<script>x</script>", "tags": ["a\"b"],
            "published_at": format!("2026-01-{number:02}T00:00:00Z"),
        });
        assert_eq!(server.send_json("POST", "/posts", &post).status, 201);
    }
    let answer = server.get("/feed.xml");
    assert_eq!(
        answer.header("Content-Type"),
        Some("application/atom+xml; charset=utf-8")
    );
    let body = answer.text();
    let document = Document::parse(&body).expect("XML");
    let feed = document.root_element();
    assert!(feed.has_tag_name((ATOM, "feed")));
    // RFC 4287, 4.1.1: what a feed must have, each once.
    for name in ["id", "title", "updated"] {
        assert!(!text(feed, name).is_empty(), "{name}");
    }
    assert!(child(feed, "author").is_some_and(|author| !text(author, "name").is_empty()));
    let entries: Vec<_> = feed
        .children()
        .filter(|node| node.has_tag_name((ATOM, "entry")))
        .collect();
    assert_eq!(entries.len(), 20);
    let newest = entries[0];
    assert_eq!(text(newest, "title"), "<Title> & \u{FFFD} 25");
    assert_eq!(text(newest, "id"), "http://localhost/posts/25");
    assert_eq!(text(newest, "published"), "2026-01-25T00:00:00Z");
    assert_eq!(text(newest, "summary"), "a ]]> b");
    let content = text(newest, "content");
    assert!(
        content.starts_with("<p><em>Hello</em> &amp; <b>\u{FFFD}\u{FFFD}</b></p>"),
        "{content}"
    );
    assert!(!content.contains("script"));
    let link = child(newest, "link").and_then(|link| link.attribute("href"));
    assert_eq!(link, Some("http://localhost/posts/post-%ED%95%9C-25"));

    let tag = answer.header("ETag").expect("a tag").to_owned();
    let mut client = server.connect();
    let again = client.request("GET", "/feed.xml", &[("If-None-Match", &tag)], b"");
    assert_eq!(again.status, 304);
    let gone = client.request("DELETE", "/posts/25", &[], b"");
    assert_eq!(gone.status, 204);
    let changed = client.request("GET", "/feed.xml", &[("If-None-Match", &tag)], b"");
    assert_eq!(changed.status, 200);
    assert!(!changed.text().contains("posts/25<"));
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 0, "a feed is no view");
}

#[test]
fn feeds_and_sitemaps_of_an_empty_site_are_whole() {
    let home = Home::new();
    let server = home.serve().start();
    let feed = server.get("/feed.xml").text();
    Document::parse(&feed).expect("XML");
    assert!(locations(&server, "/sitemap.xml").is_empty());
    // HTTP/1.0 names no host.
    let mut client = server.connect();
    client
        .send(b"GET /feed.xml HTTP/1.0\r\n\r\n")
        .expect("sent");
    let answer = client.read().expect("an answer").expect("one");
    Document::parse(&answer.text()).expect("XML");
}

#[test]
fn the_sitemap_has_every_post_and_an_index_where_one_file_is_too_small() {
    let home = Home::new();
    let mut database = seed::empty_database(&home);
    seed::posts(&mut database, 120_000);
    database.execute("DELETE FROM posts WHERE id BETWEEN 50000 AND 99999");
    let server = home.serve().start();
    let parts = locations(&server, "/sitemap.xml");
    assert_eq!(
        parts,
        [
            "http://localhost/sitemap-0.xml",
            "http://localhost/sitemap-2.xml"
        ]
    );
    let mut addresses = Vec::new();
    for part in &parts {
        let path = part.strip_prefix("http://localhost").expect("ours");
        let found = locations(&server, path);
        assert!(found.len() <= 50_000);
        addresses.extend(found);
    }
    assert_eq!(addresses.len(), 70_000);
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), 70_000);
    assert!(addresses.contains(&"http://localhost/posts/post-0120000".to_owned()));
    for wrong in ["x", "", "-1", "+1", "99999999", "99999999999999999999"] {
        assert_eq!(
            server.get(&format!("/sitemap-{wrong}.xml")).status,
            404,
            "{wrong}"
        );
    }
}

#[test]
fn crawlers_are_told_where_the_sitemap_is() {
    let home = Home::new();
    let server = home.serve().start();
    let robots = server.get("/robots.txt");
    assert_eq!(
        robots.header("Content-Type"),
        Some("text/plain; charset=utf-8")
    );
    let text = robots.text();
    assert!(text.starts_with("User-agent: *\n"));
    assert!(
        text.contains("Sitemap: http://localhost/sitemap.xml\n"),
        "{text}"
    );
}
