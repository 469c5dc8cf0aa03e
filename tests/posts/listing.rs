//! `GET /posts`: what is listed, in which order, filtered how.

use serde_json::{Value, json};

use crate::support::{Home, Server, assert_problem, until};

fn publish(server: &Server, slug: &str, title: &str, day: &str, tags: &[&str]) {
    let post = json!({"slug": slug, "title": title, "body": "text", "tags": tags,
        "published_at": format!("{day}T00:00:00Z")});
    let answer = server.send_json("POST", "/posts", &post);
    assert_eq!(answer.status, 201, "{}", answer.text());
}

fn served() -> (Home, Server) {
    let home = Home::new();
    let server = home.serve().start();
    publish(
        &server,
        "old",
        "Rust and threads",
        "2020-01-01",
        &["rust", "threads"],
    );
    publish(
        &server,
        "new",
        "Channels 100% explained",
        "2024-01-01",
        &["go"],
    );
    publish(&server, "middle", "RUST again", "2022-01-01", &["rust"]);
    publish(
        &server,
        "hangul",
        "조회수를 세는 법",
        "2021-01-01",
        &["한글"],
    );
    (home, server)
}

fn items(server: &Server, query: &str) -> Vec<Value> {
    let answer = server.get(&format!("/posts{query}"));
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer.json()["items"].as_array().expect("items").clone()
}

fn slugs(server: &Server, query: &str) -> Vec<String> {
    items(server, query)
        .iter()
        .map(|item| item["slug"].as_str().expect("a slug").to_owned())
        .collect()
}

#[test]
fn posts_are_listed_latest_first_without_bodies() {
    let (_home, server) = served();
    assert_eq!(slugs(&server, ""), ["new", "middle", "hangul", "old"]);
    assert_eq!(
        slugs(&server, "?sort=published"),
        ["new", "middle", "hangul", "old"]
    );
    for item in items(&server, "") {
        assert!(item.get("body").is_none(), "{item}");
        for field in [
            "id",
            "slug",
            "title",
            "tags",
            "published_at",
            "updated_at",
            "views",
        ] {
            assert!(item.get(field).is_some(), "{field} is missing in {item}");
        }
    }
    assert_eq!(server.get("/posts").json()["next_cursor"], Value::Null);
}

#[test]
fn posts_are_listed_by_views() {
    let (_home, server) = served();
    for (slug, reads) in [("old", 3), ("hangul", 2), ("new", 1)] {
        for _ in 0..reads {
            server.get(&format!("/posts/{slug}"));
        }
    }
    until("the views are counted", || {
        server.get("/views").json()["views"] == 6
    });
    assert_eq!(
        slugs(&server, "?sort=views"),
        ["old", "hangul", "new", "middle"]
    );
    assert_eq!(items(&server, "?sort=views")[0]["views"], 3);
}

#[test]
fn posts_are_filtered_by_tag_and_title() {
    let (_home, server) = served();
    assert_eq!(slugs(&server, "?tag=rust"), ["middle", "old"]);
    assert_eq!(slugs(&server, "?tag=%ED%95%9C%EA%B8%80"), ["hangul"]);
    assert_eq!(slugs(&server, "?tag=nothing"), [""; 0]);
    assert_eq!(slugs(&server, "?tag=rus"), [""; 0], "a tag is whole");
    assert_eq!(
        slugs(&server, "?q=rust"),
        ["middle", "old"],
        "the case of a title does not matter"
    );
    assert_eq!(slugs(&server, "?q=%EC%A1%B0%ED%9A%8C%EC%88%98"), ["hangul"]);
    assert_eq!(
        slugs(&server, "?q=100%25"),
        ["new"],
        "a percent sign stands for itself"
    );
    assert_eq!(slugs(&server, "?q=%25"), ["new"]);
    assert_eq!(slugs(&server, "?q=_"), [""; 0], "so does an underscore");
    assert_eq!(slugs(&server, "?q=rust&tag=threads"), ["old"]);
    assert_eq!(
        slugs(&server, "?q=rust+again"),
        ["middle"],
        "a plus is a space"
    );
    assert_eq!(slugs(&server, "?q='"), [""; 0]);
}

#[test]
fn what_a_list_cannot_be_asked_is_refused() {
    let (_home, server) = served();
    for query in [
        "?limit=0",
        "?limit=-1",
        "?limit=x",
        "?limit=99999999999999999999",
        "?cursor=nonsense",
        "?cursor=",
        "?sort=colour",
        "?tag=%ff",
        "?q=%ff%fe",
    ] {
        let answer = server.get(&format!("/posts{query}"));
        let known = [200, 400, 422].contains(&answer.status);
        assert!(known, "{query} got {}: {}", answer.status, answer.text());
        if answer.status != 200 {
            assert_problem(&answer, answer.status);
        }
    }
    for query in ["?limit=0", "?limit=x", "?cursor=nonsense", "?sort=colour"] {
        assert_ne!(server.get(&format!("/posts{query}")).status, 200, "{query}");
    }
}

#[test]
fn a_list_is_no_view() {
    let (home, server) = served();
    for _ in 0..3 {
        assert_eq!(slugs(&server, "").len(), 4);
    }
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(home.database().views(), 0);
}

#[test]
fn a_list_has_the_fields_asked_for_in_their_order() {
    let (_home, server) = served();
    let text = server.get("/posts?fields=views,slug&limit=1").text();
    let first = r#"{"items":[{"views":0,"slug":"new"}],"#;
    assert!(text.starts_with(first), "{text}");
    let with_body = items(&server, "?fields=slug,body&q=rust");
    let wanted = ["middle", "old"].map(|slug| json!({"slug": slug, "body": "text"}));
    assert_eq!(with_body, wanted);
    let next = server.get("/posts?fields=id&limit=2").json()["next_cursor"].clone();
    let link = server.get("/posts?fields=id&limit=2");
    let link = link.header("Link").expect("a next page");
    assert!(
        link.contains("fields=id&") && link.contains(next.as_str().expect("a cursor")),
        "{link}"
    );
    let unknown = server.get("/posts?fields=slug,text");
    assert_problem(&unknown, 422);
    let detail = unknown.text();
    assert!(detail.contains("fields takes some of id,slug,"), "{detail}");
    // No body of these was read by a reader.
    assert_eq!(server.get("/views").json()["views"], 0);
}

/// Bodies may be a megabyte each, and a page a hundred of them.
#[test]
fn a_page_with_bodies_ends_where_they_are_large_and_the_next_goes_on() {
    let home = Home::new();
    let server = home.serve().start();
    for number in 0..9 {
        let body = "x".repeat(1_000_000 + number);
        let post = json!({"slug": format!("large-{number}"), "title": "Large", "body": body,
            "published_at": format!("2024-01-0{}T00:00:00Z", 9 - number)});
        assert_eq!(server.send_json("POST", "/posts", &post).status, 201);
    }
    for sort in ["published", "views", "trending"] {
        let (mut lengths, mut pages) = (Vec::new(), 0);
        let mut cursor = String::new();
        loop {
            let path = format!("/posts?limit=100&sort={sort}&fields=body{cursor}");
            let page = server.get(&path).json();
            let items = page["items"].as_array().expect("items");
            lengths.extend(
                items
                    .iter()
                    .map(|item| item["body"].as_str().expect("a body").len()),
            );
            pages += 1;
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        lengths.sort_unstable();
        assert_eq!(lengths, Vec::from_iter(1_000_000..1_000_009), "{sort}");
        assert_eq!(pages, 3, "{sort}: four in each");
    }
}
