//! Paging through lists: every post once, in one order, whatever happens between the pages.

use serde_json::json;

use crate::support::{Home, Server};

fn publish(server: &Server, number: usize) {
    let post = json!({"slug": format!("post-{number}"), "title": "Same", "body": "x",
        "published_at": "2024-01-01T00:00:00Z"});
    assert_eq!(server.send_json("POST", "/posts", &post).status, 201);
}

/// Follows `next_cursor` from the first page to the last.
fn all_pages(server: &Server, query: &str, between: impl Fn(usize)) -> Vec<String> {
    let mut slugs = Vec::new();
    let mut path = format!("/posts?{query}");
    for page in 0.. {
        assert!(page < 100, "pages without end");
        let answer = server.get(&path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let list = answer.json();
        let items = list["items"].as_array().expect("items");
        slugs.extend(
            items
                .iter()
                .map(|item| item["slug"].as_str().expect("a slug").to_owned()),
        );
        let Some(cursor) = list["next_cursor"].as_str() else {
            assert!(
                answer
                    .header("Link")
                    .is_none_or(|link| !link.contains("rel=\"next\""))
            );
            break;
        };
        path = format!("/posts?{query}&cursor={cursor}");
        let link = answer.header("Link").expect("a link to the next page");
        assert!(
            link.contains("rel=\"next\"") && link.contains(cursor),
            "{link}"
        );
        between(page);
    }
    slugs
}

fn without_repeats(slugs: &[String]) -> std::collections::BTreeSet<&String> {
    let unique: std::collections::BTreeSet<_> = slugs.iter().collect();
    assert_eq!(unique.len(), slugs.len(), "a post came twice: {slugs:?}");
    unique
}

#[test]
fn a_page_is_as_long_as_asked() {
    let home = Home::new();
    let server = home.serve().start();
    (0..105).for_each(|number| publish(&server, number));
    let length = |query: &str| {
        server.get(query).json()["items"]
            .as_array()
            .expect("items")
            .len()
    };
    assert_eq!(length("/posts"), 20);
    assert_eq!(length("/posts?limit=1"), 1);
    assert_eq!(length("/posts?limit=100"), 100);
    let over = server.get("/posts?limit=101");
    assert!(
        over.status == 422 || over.status == 400 || length("/posts?limit=101") == 100,
        "{}",
        over.status
    );
    for query in [
        "limit=7",
        "limit=7&sort=views",
        "limit=35",
        "limit=100&q=same",
    ] {
        let slugs = all_pages(&server, query, |_| ());
        assert_eq!(without_repeats(&slugs).len(), 105, "{query}");
    }
}

#[test]
fn posts_inserted_meanwhile_shift_nothing() {
    let home = Home::new();
    let server = home.serve().start();
    (0..30).for_each(|number| publish(&server, number));
    let before = all_pages(&server, "limit=30", |_| ());
    let slugs = all_pages(&server, "limit=4", |page| {
        publish(&server, 100 + page);
        let newer = json!({"title": format!("Newer {page}"), "body": "x", "published_at": "2025-01-01T00:00:00Z"});
        assert_eq!(server.send_json("POST", "/posts", &newer).status, 201);
    });
    without_repeats(&slugs);
    let kept: Vec<&String> = slugs.iter().filter(|slug| before.contains(slug)).collect();
    assert_eq!(
        kept,
        before.iter().collect::<Vec<_>>(),
        "all that was there, in the order it had"
    );
}

#[test]
fn a_link_leads_to_the_next_page_with_the_same_question() {
    let home = Home::new();
    let server = home.serve().start();
    (0..5).for_each(|number| publish(&server, number));
    let first = server.get("/posts?limit=2&q=same&sort=published");
    let link = first.header("Link").expect("a link");
    let target = link
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .expect("a target")
        .0;
    let path = target
        .find("/posts")
        .map_or_else(|| format!("/posts{target}"), |at| target[at..].to_owned());
    for kept in ["limit=2", "q=same"] {
        assert!(path.contains(kept), "{path} forgot {kept}");
    }
    let second = server.get(&path);
    assert_eq!(second.json()["items"].as_array().expect("items").len(), 2);
    assert_ne!(first.json()["items"], second.json()["items"]);
}
