//! One rule says which post an address names: for the posts of files, for logs, and for pages that send their address.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::posts::slugs;
use crate::support::{Client, Home};

/// The post that a page's view is counted for; `None` where there is none.
fn post_of(client: &mut Client, path: &str) -> Option<i64> {
    let encoded: String = path.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let beacon = format!("/views?url=https%3A%2F%2Fexample.org{encoded}");
    let answer = client.request("POST", &beacon, &[], b"");
    match answer.status {
        202 => answer.json()["post"].as_i64(),
        404 => None,
        status => panic!("{path}: {status} {}", answer.text()),
    }
}

const PIECES: [&str; 48] = [
    "/",
    "/",
    "/",
    "/",
    "a",
    "B",
    "c-d",
    "--",
    "-",
    "_",
    ".",
    "..",
    ".html",
    ".HTM",
    ".htm",
    "index",
    "index.html",
    "INDEX.html",
    "2023",
    "05",
    "1",
    "32",
    "2023-05-01-",
    "2023-5-1_",
    "99",
    "v1.2",
    "%20",
    "%2F",
    "%2f",
    "%25",
    "%C3%A9",
    "e%CC%81",
    "%EA%B0%80",
    "%E1%84%92%E1%85%A1%E1%86%AB",
    "%F0%9F%8E%89",
    "%FF",
    "%C3",
    "%zz",
    "%",
    "%EF%BB%BF",
    "%CE%A3",
    "%C4%B0",
    "%D9%A3",
    "+",
    "&",
    "~",
    ";x=1",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

fn random_path(random: &mut Rng) -> String {
    let pieces = (0..random.usize(0..12)).map(|_| PIECES[random.usize(..PIECES.len())]);
    "/".to_owned() + &pieces.collect::<String>()
}

#[test]
fn logs_and_pages_name_the_same_posts() {
    let home = Home::new();
    let mut random = Rng::with_seed(1);
    let paths: Vec<String> = (0..5_000).map(|_| random_path(&mut random)).collect();
    let line = |path: &String| {
        format!("192.0.2.1 - - [17/May/2015:10:05:03 +0000] \"GET {path} HTTP/1.1\" 200 12\n")
    };
    home.write("a.log", paths.iter().map(line).collect::<String>());
    let finished = home.run(&["import", "log", "a.log", "--create", "--assets"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let of_log = views_by_post(&home);
    assert!(of_log.len() > 500, "{}", of_log.len());
    let server = home.serve().start();
    let mut client = server.connect();
    let mut of_pages: BTreeMap<i64, i64> = BTreeMap::new();
    for path in &paths {
        if let Some(post) = post_of(&mut client, path) {
            *of_pages.entry(post).or_default() += 1;
        }
    }
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(of_pages, of_log);
    let both = of_log.into_iter().map(|(post, views)| (post, 2 * views));
    assert_eq!(views_by_post(&home), both.collect());
}

/// With a site, pages are told apart by their folders too, in logs as in beacons.
#[test]
fn logs_and_pages_of_a_site_name_the_same_posts() {
    let home = Home::new();
    let mut random = Rng::with_seed(2);
    let paths: Vec<String> = (0..2_000).map(|_| random_path(&mut random)).collect();
    let site = [
        ("--site", "https://www.example.org"),
        ("--max-new-posts", "100000"),
    ];
    let server = home.serve().flags(&site).start();
    let mut client = server.connect();
    let mut of_pages: BTreeMap<i64, i64> = BTreeMap::new();
    for path in &paths {
        let post = post_of(&mut client, path).expect("a post");
        *of_pages.entry(post).or_default() += 1;
    }
    assert_eq!(server.stop().code, Some(0));
    let before = views_by_post(&home);
    assert_eq!(before, of_pages);
    assert!(before.len() > 1_000, "{}", before.len());
    let line = |path: &String| {
        format!("192.0.2.1 - - [17/May/2015:10:05:03 +0000] \"GET {path} HTTP/1.1\" 200 12\n")
    };
    home.write("a.log", paths.iter().map(line).collect::<String>());
    // Where posts have their pages, it finds out itself.
    let finished = home.run(&["import", "log", "a.log"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let mut unnamed = 0;
    for (post, views) in views_by_post(&home) {
        // Of what makes no slug, a log makes no post, and has no reads.
        if views != 2 * before[&post] {
            assert_eq!(views, before[&post], "post {post}");
            unnamed += views;
        }
    }
    assert!(
        finished.stdout.contains(&format!(" {unnamed} other paths")),
        "{unnamed}: {finished:?}"
    );
    assert_eq!(home.run(&["check"]).code, Some(0));
}

fn views_by_post(home: &Home) -> BTreeMap<i64, i64> {
    let csv = home.run(&["export", "--format", "csv"]).stdout;
    let rows = csv.lines().skip(1).map(|row| {
        let cells: Vec<&str> = row.split(',').collect();
        let number = |at: usize| cells[at].parse().expect("a number");
        (number(0), number(2))
    });
    rows.collect()
}

#[test]
fn a_file_and_its_page_name_the_same_post() {
    // What generators make of these files by default.
    let pages = [
        ("_posts/2016-10-08-A Post.md", "/2016/10/08/A%20Post.html"),
        ("content/posts/Hello.md", "/posts/hello/"),
        ("content/blog/2024/v10.12.0.md", "/blog/2024/v10.12.0"),
        ("content/2023/05/01/trip/index.md", "/2023/05/01/trip/"),
        ("content/2018/_index.md", "/2018/"),
        ("content/2019/05/_index.md", "/2019/05/"),
        ("src/DB와 JSON.md", "/DB%EC%99%80%20JSON/index.html"),
        (
            "src/2020-01-02-kept-by-hugo.md",
            "/2020-01-02-kept-by-hugo/",
        ),
        ("src/100%25.md", "/100%2525/"),
        ("src/cafe\u{301}.md", "/caf%C3%A9"),
    ];
    let home = Home::new();
    for (file, _) in pages {
        home.write(&format!("site/{file}"), "# A title\n");
    }
    let keys = [
        ("slug: 2024/Chosen Name", "/blog/2024/Chosen%20Name"),
        (
            "permalink: /2020/02/03/Fixed.html",
            "/2020/02/03/Fixed.html",
        ),
        ("url: https://example.org/by-url/index.html", "/by-url/"),
    ];
    for (number, (key, _)) in keys.iter().enumerate() {
        home.write(&format!("site/{number}.md"), format!("---\n{key}\n---\n"));
    }
    let finished = home.run(&["import", "posts", "site"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!finished.stderr.contains("taken"), "{finished:?}");
    let imported = slugs(&home.serve().start());
    let addresses = pages
        .iter()
        .chain(&keys)
        .map(|(_, page)| (*page).to_owned());
    let addresses: Vec<String> = addresses.collect();
    let server = home.serve().start();
    let mut client = server.connect();
    let mut of_pages: Vec<i64> = addresses
        .iter()
        .map(|page| post_of(&mut client, page).unwrap_or_else(|| panic!("{page} has no post")))
        .collect();
    of_pages.sort_unstable();
    of_pages.dedup();
    assert_eq!(of_pages.len(), imported.len());
}
