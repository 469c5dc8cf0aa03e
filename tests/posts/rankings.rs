//! Lists by period and by trend: in order, page by page, as fresh as the site is small.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::quick::assert_quick;
use crate::support::{Client, Home, Server, assert_problem, seed, twice, until};

const HOUR: i64 = 3_600_000;

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Follows the pages of a list to its end.
fn all_pages(server: &Server, query: &str) -> Vec<(i64, i64)> {
    let mut items = Vec::new();
    let mut path = format!("/posts?{query}");
    for page in 0.. {
        assert!(page < 1000, "pages without end");
        let list = list(server, &path);
        let posts = list["items"].as_array().expect("items");
        items.extend(posts.iter().map(|post| {
            let field = |name: &str| post[name].as_i64().expect("a number");
            (field("id"), field("views"))
        }));
        match list["next_cursor"].as_str() {
            Some(cursor) => path = format!("/posts?{query}&cursor={cursor}"),
            None => break,
        }
    }
    items
}

fn list(server: &Server, path: &str) -> Value {
    let answer = server.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

/// Six posts, the last one never viewed.
fn served() -> (Home, Server) {
    let home = Home::new();
    let mut database = seed::empty_database(&home);
    seed::posts(&mut database, 6);
    let hour = now() / HOUR * HOUR;
    let ago = |hours: i64, views| (hour - hours * HOUR, views);
    seed::hours(&mut database, 1, &[ago(2, 1), ago(20 * 24, 100)]);
    seed::hours(&mut database, 2, &[ago(3, 5), ago(30, 5)]);
    seed::hours(&mut database, 3, &[ago(5 * 24, 10)]);
    seed::hours(&mut database, 4, &[ago(2, 1), ago(3, 4), ago(200 * 24, 1)]);
    seed::hours(&mut database, 5, &[ago(800 * 24, 1000)]);
    seed::sum_up(&mut database);
    database.execute(
        "INSERT INTO post_tags (tag, post) VALUES ('even', 2), ('even', 4), ('even', 6);
                  UPDATE posts SET tags = '[\"even\"]' WHERE id % 2 = 0",
    );
    drop(database);
    let server = home.serve().start();
    (home, server)
}

const BY_PERIOD: [(&str, &[(i64, i64)]); 5] = [
    ("24h", &[(4, 5), (2, 5), (1, 1)]),
    ("7d", &[(3, 10), (2, 10), (4, 5), (1, 1)]),
    ("30d", &[(1, 101), (3, 10), (2, 10), (4, 5)]),
    ("1y", &[(1, 101), (3, 10), (2, 10), (4, 6)]),
    (
        "all",
        &[(5, 1000), (1, 101), (3, 10), (2, 10), (4, 6), (6, 0)],
    ),
];

#[test]
fn posts_are_listed_by_the_views_of_a_period() {
    let (_home, server) = served();
    for (period, expected) in BY_PERIOD {
        for limit in [1, 2, 3, 100] {
            let query = format!("sort=views&period={period}&limit={limit}");
            assert_eq!(all_pages(&server, &query), expected, "{query}");
        }
    }
    assert_eq!(
        all_pages(&server, "sort=views&period=7d&tag=even&limit=1"),
        [(2, 10), (4, 5)]
    );
    assert_eq!(
        all_pages(&server, "sort=views&period=7d&q=POST+3"),
        [(3, 10)]
    );
}

#[test]
fn top_shows_the_same() {
    let (home, _server) = served();
    for (period, expected) in BY_PERIOD {
        let finished = home.run(&["top", "--json", "--period", period]);
        let top: Value = serde_json::from_str(&finished.stdout).expect("JSON");
        let found: Vec<(Value, Value)> = top["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|item| (item["id"].clone(), item["views"].clone()))
            .collect();
        let expected: Vec<(Value, Value)> = expected
            .iter()
            .map(|&(id, views)| (id.into(), views.into()))
            .collect();
        assert_eq!(found, expected, "{period}");
    }
}

#[test]
fn a_small_site_is_always_right() {
    let (_home, server) = served();
    for views in 6..20 {
        server.get("/posts/4");
        until("the view is counted", || {
            server.get("/posts/4/views?period=24h").json()["views"] == views
        });
        let first = list(&server, "/posts?sort=views&period=24h&limit=1");
        assert_eq!(first["items"][0]["id"], 4);
        assert_eq!(first["items"][0]["views"], views, "at once");
    }
    let answer = server.connect().request("DELETE", "/posts/4", &[], b"");
    assert_eq!(answer.status, 204);
    let first = list(&server, "/posts?sort=views&period=24h&limit=1");
    assert_eq!(first["items"][0]["id"], 2, "a deleted post is in no list");
}

#[test]
#[ignore = "slow: make test-long"]
fn a_larger_site_is_soon_right() {
    let home = Home::new();
    let mut database = seed::large(&home, 30_000, now());
    let rows = database.number("SELECT COUNT(*) AS number FROM hourly_views WHERE post > 0");
    assert!(rows > 20_000, "not what a request reads itself: {rows}");
    drop(database);
    let server = home.serve().start();
    let first = || list(&server, "/posts?sort=views&period=7d&limit=1")["items"][0].clone();
    let best = first();
    let views = best["views"].as_i64().expect("views");
    for _ in 0..=views {
        server.get("/posts/29999");
    }
    until("the newly viewed post is first", || first()["id"] == 29_999);
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

/// More hours than a request reads itself, all of them older than any period.
#[test]
fn a_larger_site_is_listed_from_its_start_on() {
    let home = Home::new();
    let mut database = seed::empty_database(&home);
    seed::posts(&mut database, 30);
    let (hour, oldest) = (now() / HOUR * HOUR, 1_200_000_000_000_i64 / HOUR * HOUR);
    database.execute(&format!(
        "BEGIN;
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 70000)
         INSERT INTO hourly_views SELECT 30, {oldest} + i * {HOUR}, 9 FROM n;
         COMMIT;"
    ));
    for post in 1..30 {
        seed::hours(&mut database, post, &[(hour - post * HOUR, 100 - post)]);
    }
    seed::sum_up(&mut database);
    drop(database);
    let expected: Vec<(i64, i64)> = (1..30).map(|post| (post, 100 - post)).collect();
    let server = home.serve().start();
    for limit in [100, 7] {
        let query = format!("sort=views&period=7d&limit={limit}");
        assert_eq!(all_pages(&server, &query), expected, "{query}");
    }
    let answer = server.connect().request("DELETE", "/posts/1", &[], b"");
    assert_eq!(answer.status, 204);
    assert_eq!(all_pages(&server, "sort=views&period=7d"), expected[1..]);
}

#[test]
fn posts_are_listed_by_trend() {
    let home = Home::new();
    let server = home.serve().start();
    let posts: Vec<i64> = (0..8)
        .map(|n| server.create(&format!("p-{n}"), "x"))
        .collect();
    // Of two with the same number the later one comes first, as everywhere.
    let reads = [0, 3, 1, 1, 5, 3, 0, 1];
    for (post, reads) in posts.iter().zip(reads) {
        for _ in 0..reads {
            server.get(&format!("/posts/{post}"));
        }
    }
    until("the views are counted", || {
        server.get("/views").json()["views"] == 14
    });
    let order: Vec<(i64, i64)> = [4, 5, 1, 7, 3, 2, 6, 0]
        .map(|place: usize| (posts[place], reads[place]))
        .into();
    for limit in [100, 1, 2, 3] {
        let query = format!("sort=trending&limit={limit}");
        assert_eq!(all_pages(&server, &query), order, "{query}");
    }
    let by_views = list(&server, "/posts?sort=views&limit=1");
    let cursor = by_views["next_cursor"].as_str().expect("a cursor");
    for other in ["sort=trending", "sort=views&period=7d"] {
        assert_problem(&server.get(&format!("/posts?{other}&cursor={cursor}")), 422);
    }
}

/// An access log with so many reads of each path, so many hours ago, each by another client.
fn log_of(reads: &[(&str, usize, i64)]) -> String {
    let mut log = String::new();
    for (post, (path, reads, hours_ago)) in reads.iter().enumerate() {
        let time = jiff::Timestamp::from_millisecond(now() - hours_ago * HOUR).expect("a time");
        let time = time.strftime("%d/%b/%Y:%H:%M:%S +0000");
        for read in 0..*reads {
            log += &format!(
                "192.0.{post}.{read} - - [{time}] \"GET {path} HTTP/1.1\" 200 1 \"-\" \"Firefox\"\n"
            );
        }
    }
    log
}

/// Three reads a day ago weigh one and a half: below two of now, while five of then are above them.
#[test]
fn a_view_weighs_half_as_much_a_day_later() {
    let home = Home::new();
    let reads = [
        ("/five-a-day-ago", 5, 24),
        ("/two-now", 2, 0),
        ("/three-a-day-ago", 3, 24),
        ("/eleven-three-days-ago", 11, 72),
        ("/one-now", 1, 0),
        ("/hundred-ten-days-ago", 100, 240),
    ];
    home.write("reads.log", log_of(&reads));
    let finished = home.run(&["import", "log", "reads.log", "--create"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let server = home.serve().start();
    let slugs = |query: &str| -> Vec<String> {
        let items = list(&server, &format!("/posts?{query}"))["items"].clone();
        let items = items.as_array().expect("items").iter();
        items
            .map(|item| item["slug"].as_str().expect("a slug").to_owned())
            .collect()
    };
    // 2.5, 2, 1.5, 1.375, 1, 0.1
    let by_trend = [
        "five-a-day-ago",
        "two-now",
        "three-a-day-ago",
        "eleven-three-days-ago",
        "one-now",
        "hundred-ten-days-ago",
    ];
    assert_eq!(slugs("sort=trending"), by_trend);
    assert_eq!(
        slugs("sort=views"),
        [
            "hundred-ten-days-ago",
            "eleven-three-days-ago",
            "five-a-day-ago",
            "three-a-day-ago",
            "two-now",
            "one-now",
        ]
    );
    // Two reads more, and the last but one weighs three.
    for _ in 0..2 {
        assert_eq!(server.get("/posts/one-now").status, 200);
    }
    until("the reads are counted", || server.views("one-now") == 3);
    until("the post is first", || {
        slugs("sort=trending")[0] == "one-now"
    });
}

#[test]
fn what_a_list_by_period_cannot_be_asked_is_refused() {
    let (_home, server) = served();
    for query in [
        "sort=views&period=2d",
        "sort=views&period=",
        "sort=trending&period=7d",
        "period=7d",
    ] {
        let answer = server.get(&format!("/posts?{query}"));
        assert_problem(&answer, 422);
        assert!(answer.text().contains("parameter period takes"), "{query}");
    }
}

/// How long the first request of a kind may take, with nothing ranked and nothing of the file in memory yet.
const FIRST: Duration = Duration::from_secs(5);

/// The same for a list by period, which must not wait until all are ranked: that takes seconds. The times are printed.
const FIRST_RANKED: Duration = Duration::from_millis(100);

#[test]
#[ignore = "slow: make test-long"]
fn a_list_of_a_million_posts_looks_at_few() {
    let home = Home::new();
    let start = Instant::now();
    let mut database = seed::large(&home, 1_000_000, now());
    for table in ["posts", "viewings", "hourly_views"] {
        let rows = database.number(&format!("SELECT COUNT(*) AS number FROM {table}"));
        println!("{table}: {rows} rows");
    }
    println!("seeded in {:.1?}", start.elapsed());
    let start = Instant::now();
    let since = (now() - 7 * 24 * HOUR) / HOUR * HOUR;
    let best = database.number(&format!(
        "SELECT post AS number FROM hourly_views WHERE post > 0 AND hour >= {since} \
         GROUP BY post ORDER BY SUM(views) DESC, post DESC LIMIT 1"
    ));
    let trending =
        database.number("SELECT post AS number FROM counts ORDER BY trend DESC, post DESC LIMIT 1");
    println!("ranked by SQL in {:.1?}", start.elapsed());
    drop(database);
    seed::index(&home);
    let server = home.serve().start();
    println!("started in {:.1?}", server.started_in);
    let mut client = server.connect();
    let most = Duration::from_millis(20);
    let by_period = "/posts?sort=views&period=7d";
    let first_of =
        |client: &mut Client, path: &str| client.get(path).json()["items"][0]["id"].clone();
    // Until then the list of a year is of few posts that are likely.
    until("all posts are ranked", || {
        let list = client.get("/posts?sort=views&period=1y&limit=100").json();
        list["items"]
            .as_array()
            .is_some_and(|items| items.len() == 100)
    });
    assert_eq!(first_of(&mut client, by_period), json!(best));
    assert_quick(&mut client, by_period, FIRST, most);
    assert_eq!(
        first_of(&mut client, "/posts?sort=trending"),
        json!(trending)
    );
    assert_ne!(
        first_of(&mut client, "/posts?sort=trending"),
        first_of(&mut client, "/posts?sort=views"),
        "the two orders differ"
    );
    for path in [
        "/posts?sort=views&period=1y&limit=100",
        "/posts?sort=trending",
        "/posts?sort=views",
        "/posts/1000/views?period=1y",
        "/posts/1000/viewers",
        "/posts/1001/viewers",
        "/viewers/viewer-7/posts",
        "/views?period=30d&tz=Asia/Seoul&by=hour",
    ] {
        assert_quick(&mut client, path, FIRST, most);
    }
    let start = Instant::now();
    let finished = server.stop();
    println!("stopped in {:.1?}", start.elapsed());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for period in ["7d", "24h", "30d", "1y", "1y&limit=100"] {
        twice("the first list by period", || first_is_quick(&home, period));
    }
}

/// The median of some starts.
fn first_is_quick(home: &Home, period: &str) -> Result<(), String> {
    let path = format!("/posts?sort=views&period={period}");
    let mut times: Vec<Duration> = (0..5).map(|_| time_first(home, &path, period)).collect();
    times.sort_unstable();
    println!("{path} after a start: {times:.1?}");
    match times[2] < FIRST_RANKED {
        true => Ok(()),
        false => Err(format!("{path} took {:?}", times[2])),
    }
}

/// Starts, and asks for a list before anything is ranked. Its numbers are those of the posts' own.
fn time_first(home: &Home, path: &str, period: &str) -> Duration {
    let server = home.serve().start();
    let mut client = server.connect();
    let start = Instant::now();
    let answer = client.get(path);
    let took = start.elapsed();
    let answer = answer.json();
    let items = answer["items"].as_array().expect("items");
    assert!(items.len() >= 20, "{path}: {answer}");
    for item in &items[..20] {
        let period = period.split('&').next().unwrap_or_default();
        let own = format!("/posts/{}/views?period={period}", item["id"]);
        assert_eq!(item["views"], client.get(&own).json()["views"], "{own}");
    }
    assert_eq!(server.stop().code, Some(0));
    took
}
