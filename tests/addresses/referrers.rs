//! Where readers come from: hosts, and nothing else.

use serde_json::Value;

use super::views_of;
use crate::support::{Home, Server, assert_problem, until};

const SITE: (&str, &str) = ("--site", "https://example.org");
const SECRET: &str =
    "https://me:hunter2@www.News.example:8443/private-path/item?token=s3cr3t-query#frag";

fn read(server: &Server, headers: &[(&str, &str)]) {
    let answer = server
        .connect()
        .request("GET", "/posts/hello", headers, b"");
    assert_eq!(answer.status, 200);
}

fn hosts(server: &Server, path: &str) -> Vec<(String, String, i64)> {
    let answer = server.get(path).json();
    let items = answer["referrers"].as_array().expect("hosts").clone();
    let item = |one: &Value| {
        let text = |name: &str| one[name].as_str().expect("a text").to_owned();
        (
            text("host"),
            text("kind"),
            one["views"].as_i64().expect("views"),
        )
    };
    items.iter().map(item).collect()
}

fn row(host: &str, kind: &str, views: i64) -> (String, String, i64) {
    (host.to_owned(), kind.to_owned(), views)
}

#[test]
fn hosts_are_in_numbers_pages_and_exports_and_paths_nowhere() {
    let home = Home::new();
    let server = home.serve().flags(&[SITE]).start();
    server.create("hello", "text");
    for _ in 0..3 {
        read(&server, &[("Referer", SECRET)]);
    }
    read(&server, &[("Referer", "https://www.google.co.kr/")]);
    read(
        &server,
        &[
            ("Referer", "https://example.org/other/"),
            ("Accept", "text/html"),
        ],
    );
    // Of no host, of no page, of a machine; of a crawler; of nobody.
    read(&server, &[("Referer", "android-app://com.example/")]);
    read(&server, &[("Referer", "http://192.0.2.77/")]);
    read(
        &server,
        &[("Referer", SECRET), ("User-Agent", "Googlebot/2.1")],
    );
    read(&server, &[]);
    let mut client = server.connect();
    // Its page's own address is in the beacon's header, where its reader comes from in a parameter.
    let own = [("Referer", "https://example.org/a/")];
    for (path, reference) in [
        (views_of("/a/"), "&ref=news.example"),
        ("/posts/hello/views".to_owned(), "?ref=duckduckgo.com"),
    ] {
        let answer = client.request("POST", &format!("{path}{reference}"), &own, b"");
        assert_eq!(answer.status, 202);
    }
    until("hosts are written", || {
        hosts(&server, "/views?referrers=1") == [row("news.example", "site", 4)]
    });
    let expected = [
        row("news.example", "site", 3),
        row("duckduckgo.com", "search", 1),
        row("example.org", "own", 1),
        row("google.co.kr", "search", 1),
    ];
    assert_eq!(hosts(&server, "/posts/hello/views?referrers=10"), expected);
    assert_eq!(
        hosts(&server, "/posts/hello/views?referrers=10&period=7d"),
        expected
    );
    assert_eq!(
        hosts(&server, "/views?url=/a/&referrers=5"),
        [row("news.example", "site", 1)]
    );
    assert_problem(&server.get("/views?referrers=0"), 422);
    assert_eq!(server.get("/views").json().get("referrers"), None);
    for page in ["/", "/posts/hello/stats"] {
        let html = server
            .connect()
            .request("GET", page, &[("Accept", "text/html")], b"")
            .text();
        assert!(
            html.contains("news.example") && html.contains("search engine"),
            "{page}"
        );
    }
    read(&server, &[("Referer", "https://last.example/")]);
    assert_eq!(server.stop().code, Some(0));
    let exported = home.run(&["export"]).stdout;
    assert!(
        exported.contains("\"type\":\"referrer\"")
            && exported.contains("\"host\":\"last.example\"")
    );
    let copy = Home::new();
    let file = copy.write("all.jsonl", &exported);
    assert_eq!(
        copy.run(&["import", "export", &file.to_string_lossy()])
            .code,
        Some(0)
    );
    assert_eq!(copy.run(&["export"]).stdout, exported);
    assert_eq!(home.run(&["check"]).code, Some(0));
    let files = std::fs::read_dir(home.path()).expect("a folder");
    for file in files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.is_file())
    {
        let bytes = std::fs::read(&file).expect("a file");
        for secret in [
            "private-path",
            "s3cr3t-query",
            "hunter2",
            "192.0.2.77",
            "Firefox",
            "frag",
        ] {
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} is in {}", file.display());
        }
    }
}

/// Whoever makes up hosts fills nothing.
#[test]
fn of_many_hosts_the_rest_are_others() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("hello", "text");
    let mut client = server.connect();
    for number in 0..2_000 {
        let path = format!("/posts/hello/views?ref=h{number}.example");
        assert_eq!(client.request("POST", &path, &[], b"").status, 202);
    }
    assert_eq!(server.stop().code, Some(0));
    let mut database = home.database();
    let of_post = "SELECT count(*) AS number FROM referrers WHERE post = 1";
    assert!(database.number(of_post) <= 2 * 51, "on two days at most");
    let sum = "SELECT CAST(sum(views) AS BIGINT) AS number FROM referrers WHERE post = 1";
    assert_eq!(database.number(sum), 2_000);
    assert_eq!(database.views(), 2_000);
}
