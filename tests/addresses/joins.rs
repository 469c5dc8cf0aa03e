//! Beacons first and files later, or the other way round: the same posts, the same numbers.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::views_of;
use crate::import::real_posts::real_posts;
use crate::support::{Home, Server, until};

const SITE: (&str, &str) = ("--site", "https://example.org");

/// Every post, by its slug.
fn all_posts(server: &Server) -> BTreeMap<String, Value> {
    let mut posts = BTreeMap::new();
    let mut path = "/posts?limit=100".to_owned();
    loop {
        let list = server.get(&path).json();
        for item in list["items"].as_array().expect("items") {
            posts.insert(
                item["slug"].as_str().expect("a slug").to_owned(),
                item.clone(),
            );
        }
        match list["next_cursor"].as_str() {
            Some(cursor) => path = format!("/posts?limit=100&cursor={cursor}"),
            None => return posts,
        }
    }
}

/// The addresses that a blog would give its posts, each with the post's slug.
fn pages(home: &Home, started: i64) -> Vec<(String, String)> {
    let exported = home.run(&["export"]).stdout;
    let records = exported
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let posts: Vec<Value> = records.filter(|record| record["type"] == "post").collect();
    let slugs: Vec<&str> = posts
        .iter()
        .filter_map(|post| post["slug"].as_str())
        .collect();
    let mut pages: Vec<(String, String)> = Vec::new();
    for (post, slug) in posts.iter().zip(&slugs) {
        // What is numbered has the name of another one.
        let name = slug
            .trim_end_matches(|c: char| c.is_ascii_digit())
            .strip_suffix('-');
        let name = name.filter(|name| slugs.contains(name)).unwrap_or(slug);
        let day = jiff::Timestamp::from_millisecond(post["published_at"].as_i64().expect("a time"));
        let day = day.expect("a time").strftime("%Y/%m/%d").to_string();
        let mut url = match post["address"].as_str() {
            Some(path) => format!("https://example.org{path}"),
            // Of a file without a date, the time is that of the import.
            None if post["published_at"].as_i64() > Some(started) => {
                format!("https://example.org/{name}/")
            }
            None => format!("https://example.org/{day}/{name}/"),
        };
        // Translations of one post, of two blogs here.
        if pages.iter().any(|(known, _)| *known == url) {
            url = format!("https://example.org/{day}/translated/{name}/");
        }
        pages.push((url, (*slug).to_owned()));
    }
    pages
}

/// Sends each page's beacons: as many as its place in the list, from one on. The last comes again after the import.
fn send(server: &Server, pages: &[(String, String)]) -> u64 {
    let mut client = server.connect();
    let mut sent = 0;
    for (number, (url, _)) in pages.iter().enumerate() {
        for _ in 0..=number % 3 {
            assert_eq!(
                client.request("POST", &views_of(url), &[], b"").status,
                202,
                "{url}"
            );
            sent += 1;
        }
    }
    sent
}

fn import(home: &Home, folder: &Path) {
    let finished = home.run(&["import", "posts", &folder.to_string_lossy()]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

fn views_by_page(server: &Server, pages: &[(String, String)]) -> Vec<i64> {
    let views = |(url, _): &(String, String)| server.get(&views_of(url)).json()["views"].as_i64();
    pages.iter().map(|page| views(page).unwrap_or(-1)).collect()
}

#[test]
fn real_posts_and_their_pages_join_whichever_comes_first() {
    let Some(folder) = real_posts() else { return };
    // What the pages are, an import alone tells.
    let home = Home::new();
    let started = jiff::Timestamp::now().as_millisecond();
    import(&home, &folder);
    let server = home.serve().flags(&[SITE]).start();
    let files_only = all_posts(&server);
    let pages = pages(&home, started);
    assert!(pages.len() >= 60, "{}", pages.len());
    let sent = send(&server, &pages);
    let files_first = views_by_page_when(&server, &pages, sent);
    assert_eq!(
        all_posts(&server).len(),
        files_only.len(),
        "no page made a post"
    );
    assert_eq!(server.stop().code, Some(0));
    import(&home, &folder);

    let other = Home::new();
    let server = other.serve().flags(&[SITE]).start();
    assert_eq!(send(&server, &pages), sent);
    let pages_only = views_by_page_when(&server, &pages, sent);
    assert_eq!(server.stop().code, Some(0));
    import(&other, &folder);
    let server = other.serve().flags(&[SITE]).start();
    let joined = all_posts(&server);
    let names = |posts: &BTreeMap<String, Value>| posts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&joined), names(&files_only), "the same posts");
    assert_eq!(views_by_page(&server, &pages), pages_only);
    assert_eq!(pages_only, files_first);
    assert!(
        !joined.values().any(|post| post["title"] == ""),
        "each has its file's title"
    );
    for (page, (_, slug)) in pages.iter().zip(&pages) {
        let post = server.get(&views_of(&page.0)).json();
        let of_file = &joined[post["slug"].as_str().expect("a slug")];
        assert_eq!(of_file["title"], files_only[slug]["title"], "{}", page.0);
    }
    assert_eq!(server.stop().code, Some(0));
    for home in [&home, &other] {
        assert_eq!(home.run(&["check"]).code, Some(0));
    }
}

fn views_by_page_when(server: &Server, pages: &[(String, String)], sent: u64) -> Vec<i64> {
    until("all views are counted", || {
        server.get("/views").json()["views"].as_u64() == Some(sent)
    });
    views_by_page(server, pages)
}

#[test]
fn a_log_a_file_and_a_page_are_one_post() {
    let log = "192.0.2.1 - - [17/May/2024:10:05:03 +0000] \"GET /2024/a/ HTTP/1.1\" 200 1\n\
               192.0.2.1 - - [17/May/2024:10:05:03 +0000] \"GET /2023/a/ HTTP/1.1\" 200 1\n\
               192.0.2.2 - - [17/May/2024:10:05:03 +0000] \"GET /2024/a/ HTTP/1.1\" 200 1\n";
    // The order of the three steps must not matter.
    for order in ["lfb", "lbf", "flb", "fbl", "blf", "bfl"] {
        let home = Home::new();
        home.write("a.log", log);
        home.write(
            "posts/2023/a.md",
            "---\ntitle: Old\ndate: 2023-02-01\n---\ntext",
        );
        home.write(
            "posts/2024/a.md",
            "---\ntitle: New\ndate: 2024-02-01\n---\ntext",
        );
        for step in order.chars() {
            match step {
                'l' => {
                    let site = [
                        "import",
                        "log",
                        "a.log",
                        "--create",
                        "--site",
                        "https://example.org",
                    ];
                    assert_eq!(home.run(&site).code, Some(0));
                }
                'f' => import(&home, &home.path().join("posts")),
                _ => {
                    let server = home.serve().flags(&[SITE]).start();
                    for url in ["https://example.org/2023/a", "https://example.org/2024/a"] {
                        let answer = server.connect().request("POST", &views_of(url), &[], b"");
                        assert_eq!(answer.status, 202);
                    }
                    assert_eq!(server.stop().code, Some(0));
                }
            }
        }
        let server = home.serve().flags(&[SITE]).start();
        let titled = |url: &str| {
            let numbers = server.get(&views_of(url)).json();
            let post = server
                .get(&format!("/posts/{}?count=false", numbers["post"]))
                .json();
            (post["title"].clone(), numbers["views"].clone())
        };
        assert_eq!(titled("/2023/a"), ("Old".into(), 2.into()), "{order}");
        assert_eq!(titled("/2024/a"), ("New".into(), 3.into()), "{order}");
        assert_eq!(all_posts(&server).len(), 2, "{order}");
    }
}
