//! What is a view, what is not, and what the numbers say.

use serde_json::{Value, json};

use crate::support::{Home, Load, Server, assert_problem, until};

fn served() -> (Home, Server, i64) {
    let home = Home::new();
    let server = home.serve().start();
    let post = server.create("hello", "text");
    (home, server, post)
}

fn outcome(answer: &crate::support::Response) -> Option<&str> {
    answer.header("View-Outcome")
}

/// Stops the server and answers the views and the ledger's sum as the database has them.
fn settle(home: &Home, server: Server) -> (i64, i64) {
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let mut database = home.database();
    database.assert_sound();
    (database.views(), database.ledger())
}

#[test]
fn each_read_of_a_post_is_one_view() {
    let (home, server, post) = served();
    let mut client = server.connect();
    for path in [
        "/posts/hello".to_owned(),
        format!("/posts/{post}"),
        "/posts/hello?utm=x&y".to_owned(),
    ] {
        let answer = client.get(&path);
        assert_eq!(
            (answer.status, outcome(&answer)),
            (200, Some("accepted")),
            "{path}"
        );
    }
    until("the views are counted", || server.views("hello") == 3);
    assert_eq!(server.views(post), 3, "by id and by slug alike");
    assert_eq!(
        server.get("/posts/hello?count=false").json()["views"],
        3,
        "the post tells its views"
    );
    assert_eq!(settle(&home, server), (3, 0));
}

#[test]
fn a_read_answered_304_is_a_view() {
    let (home, server, _) = served();
    let tag = server
        .get("/posts/hello?count=false")
        .header("ETag")
        .expect("a tag")
        .to_owned();
    let again = server
        .connect()
        .request("GET", "/posts/hello", &[("If-None-Match", &tag)], b"");
    assert_eq!((again.status, outcome(&again)), (304, Some("accepted")));
    assert_eq!(settle(&home, server), (1, 0));
}

#[test]
fn the_tag_of_a_post_covers_its_views() {
    let (_home, server, _) = served();
    let tag = |server: &Server| {
        server
            .get("/posts/hello?count=false")
            .header("ETag")
            .expect("a tag")
            .to_owned()
    };
    let before = tag(&server);
    assert_eq!(tag(&server), before);
    server.get("/posts/hello");
    until("the view is counted", || server.views("hello") == 1);
    until("the tag changes with it", || tag(&server) != before);
}

#[test]
fn what_only_looks_is_no_view() {
    let (home, server, post) = served();
    let mut client = server.connect();
    let head = client.request("HEAD", "/posts/hello", &[], b"");
    assert_eq!((head.status, outcome(&head)), (200, Some("not-asked")));
    for path in [
        "/posts/hello?count=false".to_owned(),
        format!("/posts/{post}?x=1&count=false"),
    ] {
        let answer = client.get(&path);
        assert_eq!(
            (answer.status, outcome(&answer)),
            (200, Some("not-asked")),
            "{path}"
        );
    }
    for path in [
        "/posts/hello/views",
        "/views",
        "/posts",
        "/healthz",
        "/metrics",
    ] {
        assert_eq!(client.get(path).status, 200, "{path}");
        assert_eq!(
            outcome(&client.get(path)),
            None,
            "{path} could not be a view"
        );
    }
    assert_problem(&client.get("/posts/nobody"), 404);
    assert_eq!(
        client.request("OPTIONS", "/posts/hello", &[], b"").status / 100,
        2
    );
    assert_eq!(settle(&home, server), (0, 0));
}

#[test]
fn an_http_0_9_style_or_broken_read_is_no_view() {
    let (home, server, _) = served();
    for bytes in [
        "GET /posts/hello\r\n\r\n",
        "GET /posts/hello HTTP/1.1\r\n\r\n",
        "GET /posts/hello HTTP/1.1\r\nHost",
    ] {
        let mut client = server.connect();
        client.send(bytes.as_bytes()).expect("sent");
        client.half_close();
        let answer = client.read_to_end();
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{bytes:?}");
    }
    assert_eq!(settle(&home, server), (0, 0));
}

#[test]
fn the_numbers_of_a_post_have_their_shape() {
    let (_home, server, post) = served();
    server.get("/posts/hello");
    until("the view is counted", || server.views("hello") == 1);
    let numbers = server.get("/posts/hello/views").json();
    assert_eq!(numbers["post"], post);
    assert_eq!(numbers["views"], 1);
    assert_eq!(
        numbers["uncounted"],
        json!({"duplicate": 0, "bot": 0, "prefetch": 0, "excluded": 0, "dropped": 0})
    );
    let as_of = numbers["as_of"].as_str().expect("a time");
    assert!(
        as_of.len() >= 20 && as_of.contains('T') && as_of.ends_with('Z'),
        "{as_of}"
    );
    assert_eq!(
        server.get(&format!("/posts/{post}/views")).json()["views"],
        1
    );
    assert_problem(&server.get("/posts/nobody/views"), 404);
}

#[test]
fn the_numbers_of_many_posts_come_in_the_order_asked() {
    let (_home, server, first) = served();
    let second = server.create("second", "text");
    for _ in 0..2 {
        server.get("/posts/second");
    }
    until("the views are counted", || server.views("second") == 2);
    let list = server
        .get(&format!(
            "/views?posts=second,{first},nobody,999999,hello,{second}"
        ))
        .json();
    let items = list["items"].as_array().expect("items");
    let shown: Vec<(Value, Value)> = items
        .iter()
        .map(|item| (item["post"].clone(), item["views"].clone()))
        .collect();
    let number = |number: i64| json!(number);
    let expected = [
        (number(second), number(2)),
        (number(first), number(0)),
        (Value::Null, Value::Null),
        (Value::Null, Value::Null),
        (number(first), number(0)),
        (number(second), number(2)),
    ];
    assert_eq!(shown, expected);
    assert!(
        items[2].is_null() && items[3].is_null(),
        "what is unknown is null: {list}"
    );
}

#[test]
fn more_posts_than_allowed_at_once_are_refused() {
    let (_home, server, _) = served();
    let ask = |count: usize| server.get(&format!("/views?posts={}", vec!["1"; count].join(",")));
    assert_eq!(
        ask(500).json()["items"].as_array().expect("items").len(),
        500
    );
    let over = ask(501);
    assert!([400, 422].contains(&over.status), "{}", over.status);
    assert_problem(&over, over.status);
}

#[test]
fn the_site_is_the_sum_of_its_posts() {
    let (home, server, _) = served();
    let slugs: Vec<String> = (0..5).map(|number| format!("post-{number}")).collect();
    let posts: Vec<i64> = slugs
        .iter()
        .map(|slug| server.create(slug, "text"))
        .collect();
    for (reads, slug) in slugs.iter().enumerate() {
        for _ in 0..reads {
            server.get(&format!("/posts/{slug}"));
        }
    }
    until("the views are counted", || {
        server.get("/views").json()["views"] == 10
    });
    let site = server.get("/views").json();
    for field in ["views", "uncounted", "as_of"] {
        assert!(site.get(field).is_some(), "{field} is missing in {site}");
    }
    let each: Vec<i64> = posts.iter().map(|post| server.views(post)).collect();
    assert_eq!(each, [0, 1, 2, 3, 4]);
    assert_eq!(settle(&home, server), (10, 0));
    let mut database = home.database();
    assert_eq!(
        posts
            .iter()
            .map(|post| database.views_of(*post))
            .sum::<i64>(),
        10
    );
    assert_eq!(
        database.number("SELECT sum(views) AS number FROM hourly_views WHERE post = 0"),
        10
    );
}

#[test]
fn views_survive_a_restart() {
    let (home, server, _) = served();
    for _ in 0..7 {
        server.get("/posts/hello");
    }
    assert_eq!(settle(&home, server), (7, 0));
    let server = home.serve().start();
    assert_eq!(server.views("hello"), 7);
    assert_eq!(server.get("/posts/hello").json()["views"], 7);
    assert_eq!(settle(&home, server), (8, 0));
}

#[test]
fn views_of_a_post_deleted_meanwhile_are_not_given_to_another() {
    let home = Home::new();
    // Nothing is written before the stop, so every view finds its post gone.
    let server = home.serve().flag("--flush-every", "1h").start();
    server.create("first", "text");
    for _ in 0..5 {
        assert_eq!(server.get("/posts/first").status, 200);
    }
    assert_eq!(
        server
            .connect()
            .request("DELETE", "/posts/first", &[], b"")
            .status,
        204
    );
    let second = server.create("second", "text");
    assert_eq!(
        settle(&home, server),
        (0, 5),
        "the second post was never read, the reads of the first are in the ledger"
    );
    let mut database = home.database();
    assert_eq!(database.uncounted("dropped"), 5);
    let of_second = format!("SELECT count(*) AS number FROM ledger WHERE post = {second}");
    assert_eq!(database.number(&of_second), 0);
    let server = home.serve().start();
    let site = server.get("/views").json();
    assert_eq!(site["uncounted"]["dropped"], 5, "{site}");
}

#[test]
fn readers_at_once_are_all_counted() {
    for counters in ["1", "4"] {
        let home = Home::new();
        let server = home.serve().flag("--counters", counters).start();
        let paths: Vec<String> = (0..8).map(|number| format!("/posts/p{number}")).collect();
        for number in 0..8 {
            server.create(&format!("p{number}"), "text");
        }
        let load = Load::start(server.address, 8, &paths);
        load.run_for(std::time::Duration::from_millis(400));
        let result = load.finish();
        assert_eq!(
            (result.refused, result.cut, result.unexpected.len()),
            (0, 0, 0),
            "{counters} counters"
        );
        assert_eq!(
            settle(&home, server),
            (result.answered(), 0),
            "{counters} counters"
        );
    }
}
