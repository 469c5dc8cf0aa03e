//! The dashboard over bare sockets: who may see it, what its addresses mean, how large it is.

use super::negotiation::{BROWSER, get, page};
use crate::support::http::TOKEN;
use crate::support::{Home, assert_problem, seed};

const HOUR: i64 = 3_600_000;

/// 1 March 2026, 00:00 UTC.
const MARCH: i64 = 1_772_323_200_000;

#[test]
fn an_empty_site_says_what_to_do_next() {
    let home = Home::new();
    let server = home.serve().start();
    let text = page(&server, "/").text();
    for part in [
        "Nothing to count yet",
        "viewtally import posts",
        "curl http://localhost/posts",
    ] {
        assert!(text.contains(part), "{text}");
    }
    server.create("hello", "text");
    assert!(!page(&server, "/").text().contains("Nothing to count yet"));
    // Neither does a filter that nothing fits.
    let filtered = page(&server, "/?tag=none").text();
    assert!(
        filtered.contains("No post was viewed in this time that fits")
            && !filtered.contains("Nothing to count")
    );
}

#[test]
fn a_private_dashboard_is_for_the_token() {
    let home = Home::new();
    let server = home.serve().flag("--dashboard", "private").start();
    server.create("hello", "text");
    let bearer = format!("Bearer {TOKEN}");
    for path in ["/", "/live.json"] {
        let refused = page(&server, path);
        assert_eq!(refused.status, 401, "{path}");
        assert_eq!(refused.header("WWW-Authenticate"), Some("Bearer"));
        assert!(refused.text().contains("action=\"/sign-in\""));
        assert_problem(&server.get(path), 401);
        let wrong = [("Authorization", "Bearer wrong-token"), ("Accept", BROWSER)];
        assert_eq!(get(&server, path, &wrong).status, 401);
        let headers = [("Authorization", bearer.as_str())];
        let shown = get(&server, path, &headers);
        assert_eq!(shown.status, 200, "{path}");
        let caching = shown.header("Cache-Control").expect("caching");
        assert!(caching.contains("private") || caching == "no-store");
    }
    // Posts are read as before.
    assert_eq!(page(&server, "/posts/hello").status, 200);
}

#[test]
fn days_are_those_of_the_zone_and_times_those_of_the_address() {
    let home = Home::new();
    let mut database = seed::empty_database(&home);
    seed::posts(&mut database, 1);
    // In Seoul the second hour belongs to 2 March.
    let hours = [
        (MARCH + 14 * HOUR, 3),
        (MARCH + 15 * HOUR, 40),
        (MARCH + 40 * HOUR, 500),
    ];
    seed::hours(&mut database, 1, &hours);
    seed::sum_up(&mut database);
    drop(database);
    let server = home.serve().flag("--tz", "Asia/Seoul").start();
    let rows = |query: &str| -> Vec<String> {
        let answer = page(&server, query);
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        let text = answer.text();
        let table = text.split("<tbody>").nth(1).expect("a table").to_owned();
        let table = table.split("</tbody>").next().expect("its end").to_owned();
        let line = |row: &str| row.replace("<td>", " = ").replace("<th scope=\"row\">", "");
        table.split("<tr>").skip(1).map(line).collect()
    };
    assert_eq!(
        rows("/?from=2026-03-01&to=2026-03-03&by=day"),
        [
            "Sun, 1 Mar 2026 = 3",
            "Mon, 2 Mar 2026 = 40",
            "Tue, 3 Mar 2026 = 500"
        ]
    );
    assert_eq!(
        rows("/?from=2026-03-01&to=2026-03-02&by=day&tz=UTC"),
        ["Sun, 1 Mar 2026 = 43", "Mon, 2 Mar 2026 = 500"]
    );
    let by_hour = rows("/?from=2026-03-02&to=2026-03-02&tz=UTC");
    assert_eq!(
        (by_hour.len(), &*by_hour[16]),
        (24, "2 Mar 2026, 16:00 = 500")
    );
    assert_eq!(rows("/?from=2026-02-20&to=2026-03-02&by=month").len(), 2);
    let all = rows("/?period=all&by=month&tz=UTC");
    assert_eq!(all[0], "March 2026 = 543");
    for wrong in [
        "/?period=2d",
        "/?tz=Mars/Base",
        "/?by=week",
        "/?from=x",
        "/?to=2026-01-01",
        "/?from=2026-02-02&to=2026-02-01",
        "/?from=0001-01-01",
        "/?cursor=x",
    ] {
        assert_eq!(page(&server, wrong).status, 422, "{wrong}");
    }
}

#[test]
fn every_link_keeps_the_rest_of_the_address() {
    let home = Home::new();
    let server = home.serve().flag("--tz", "UTC").start();
    for number in 0..25 {
        let post = serde_json::json!({"title": format!("Post {number}"), "tags": ["a & b"]});
        assert_eq!(server.send_json("POST", "/posts", &post).status, 201);
    }
    let address = "/?period=7d&tz=Asia%2FTokyo&sort=published&tag=a%20%26%20b&q=post";
    let text = page(&server, address).text();
    let links: Vec<String> = text
        .split("href=\"/?")
        .skip(1)
        .map(|rest| {
            rest.split('"')
                .next()
                .expect("an end")
                .replace("&#38;", "&")
        })
        .collect();
    let with = |what: &str| links.iter().filter(|link| link.contains(what)).count();
    assert_eq!(with("tz=Asia%2FTokyo"), links.len(), "{links:?}");
    for other in [
        "period=24h",
        "period=all",
        "sort=views",
        "sort=trending",
        "cursor=",
    ] {
        assert_eq!(with(other), 1, "{other}: {links:?}");
    }
    assert_eq!(with("period=7d"), links.len() - 4, "{links:?}");
    let next = links
        .iter()
        .find(|link| link.contains("cursor="))
        .expect("a next page");
    let next = page(&server, &format!("/?{next}")).text();
    assert_eq!(
        next.matches("<tr><th scope=\"row\"><a ").count(),
        5,
        "{next}"
    );
}

#[test]
fn a_dashboard_of_a_full_page_and_a_year_is_small() {
    let home = Home::new();
    let mut database = seed::empty_database(&home);
    seed::posts(&mut database, 30);
    database.execute("UPDATE posts SET tags = '[\"one tag\",\"another tag\",\"a third one\"]'");
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a clock");
    let hour = i64::try_from(now.as_millis()).expect("a time") / HOUR * HOUR;
    for post in 1..=25 {
        let hours: Vec<(i64, i64)> = (0..360)
            .map(|n| {
                (
                    hour - n * 24 * HOUR - post * HOUR,
                    (n * 7919 + post) % 1000 + 1,
                )
            })
            .collect();
        seed::hours(&mut database, post, &hours);
    }
    seed::sum_up(&mut database);
    drop(database);
    let server = home.serve().start();
    for address in ["/", "/?period=1y", "/?period=7d"] {
        let html = page(&server, address);
        let text = html.text();
        let files: usize = text
            .split("\"/assets/")
            .skip(1)
            .map(|part| part.split('"').next().expect("a name"))
            .map(|name| server.get(&format!("/assets/{name}")).body.len())
            .sum();
        let all = html.body.len() + files;
        println!("{address}: {} bytes of HTML, {all} in all", html.body.len());
        assert!(all < 60_000, "{address}: {all} bytes");
    }
}
