//! Who viewed: named, anonymous, nobody; what is kept of it, and what is forgotten.

use crate::support::{Home, Response, Server, assert_problem, until};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn served(flags: &[(&str, &str)]) -> (Home, Server, i64) {
    let home = Home::new();
    let server = home.serve().flags(flags).start();
    let post = server.create("hello", "text");
    (home, server, post)
}

fn read(server: &Server, headers: &[(&str, &str)]) -> Response {
    server
        .connect()
        .request("GET", "/posts/hello", headers, b"")
}

fn outcome(server: &Server, headers: &[(&str, &str)]) -> String {
    let answer = read(server, headers);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
        .header("View-Outcome")
        .expect("an outcome")
        .to_owned()
}

fn numbers(server: &Server) -> (i64, i64) {
    let numbers = server.get("/posts/hello/views").json();
    let of = |name: &str| numbers[name].as_i64().expect(name);
    (of("views"), of("viewers"))
}

#[test]
fn named_viewers_are_listed_latest_first_and_can_be_asked_for() {
    let (_home, server, post) = served(&[]);
    for (read, name) in ["ann", "bob", "ann", "zoe-%2F"].into_iter().enumerate() {
        assert_eq!(outcome(&server, &[("Viewer-Id", name)]), "accepted");
        // One after the other, so that the order is sure.
        let counted = i64::try_from(read + 1).expect("few");
        until("the view is counted", || numbers(&server).0 == counted);
    }
    assert_eq!(numbers(&server), (4, 3));
    let list = server.get("/posts/hello/viewers").json();
    let items = list["items"].as_array().expect("items");
    assert_eq!(items.len(), 3, "{list}");
    let ann = items
        .iter()
        .find(|item| item["viewer"] == "ann")
        .expect("ann");
    assert_eq!(ann["views"], 2);
    let order: Vec<&str> = items
        .iter()
        .map(|item| item["viewer"].as_str().expect("a viewer"))
        .collect();
    assert_eq!(order, ["zoe-%2F", "ann", "bob"], "the latest first");
    let last: Vec<jiff::Timestamp> = items
        .iter()
        .map(|item| {
            item["last_viewed_at"]
                .as_str()
                .expect("a time")
                .parse()
                .expect("RFC 3339")
        })
        .collect();
    assert!(last.is_sorted_by(|a, b| a >= b), "{last:?}");

    let first_page = server.get("/posts/hello/viewers?limit=2");
    assert!(
        first_page
            .header("Link")
            .is_some_and(|link| link.contains("rel=\"next\""))
    );
    let cursor = first_page.json()["next_cursor"]
        .as_str()
        .expect("a cursor")
        .to_owned();
    let second = server
        .get(&format!("/posts/hello/viewers?limit=2&cursor={cursor}"))
        .json();
    assert_eq!(second["items"].as_array().expect("items").len(), 1);

    assert_eq!(server.get("/posts/hello/viewers/bob").json()["views"], 1);
    assert_eq!(server.get("/posts/hello/viewers/zoe-%252F").status, 200);
    assert_problem(&server.get("/posts/hello/viewers/carl"), 404);
    let seen = server.get("/viewers/ann/posts").json();
    assert_eq!(seen["items"][0]["post"], post);
    assert_eq!(seen["items"][0]["slug"], "hello");
    assert_eq!(
        server.get("/viewers/carl/posts").json()["items"],
        serde_json::json!([])
    );
}

#[test]
fn a_viewer_is_forgotten_on_request_and_the_numbers_stay() {
    let (home, server, _) = served(&[]);
    read(&server, &[("Viewer-Id", "ann")]);
    until("the view is counted", || numbers(&server) == (1, 1));
    assert_eq!(
        server
            .connect()
            .request("DELETE", "/viewers/ann", &[], b"")
            .status,
        204
    );
    // Once more does nothing more.
    assert_eq!(
        server
            .connect()
            .request("DELETE", "/viewers/ann", &[], b"")
            .status,
        204
    );
    assert_problem(&server.get("/posts/hello/viewers/ann"), 404);
    assert_eq!(numbers(&server), (1, 1));
    assert_eq!(server.stop().code, Some(0));
    let mut database = home.database();
    assert_eq!(database.number("SELECT count(*) AS number FROM viewers"), 0);
    assert_eq!(
        database.number("SELECT count(*) AS number FROM viewings"),
        0
    );
}

/// Reads with just these headers, without the token.
fn read_as(server: &Server, headers: &[(&str, &str)]) {
    let answer = server
        .connect()
        .request_without_token("GET", "/posts/hello", headers, b"");
    assert_eq!(
        answer.status, 200,
        "a wrong token keeps nobody from reading"
    );
}

fn names(server: &Server) -> Vec<String> {
    let list = server.get("/posts/hello/viewers").json();
    let items = list["items"].as_array().expect("items").iter();
    items
        .map(|item| item["viewer"].as_str().expect("a viewer").to_owned())
        .collect()
}

#[test]
fn a_name_counts_only_with_the_token() {
    let (_home, server, _) = served(&[]);
    read_as(&server, &[("Viewer-Id", "ann")]);
    read_as(
        &server,
        &[("Viewer-Id", "ann"), ("Authorization", "Bearer wrong")],
    );
    read(&server, &[("Viewer-Id", "ann")]);
    until("all are counted", || numbers(&server).0 == 3);
    let names = names(&server);
    assert_eq!(names.len(), 2, "one named, one anonymous: {names:?}");
    assert_eq!(names.iter().filter(|name| *name == "ann").count(), 1);
}

/// A proxy passes on what its clients send: that it is trusted for their addresses gives them no name.
#[test]
fn a_trusted_proxy_gives_nobody_a_name() {
    let (_home, server, _) = served(&[("--trust-proxy", "127.0.0.0/8")]);
    read_as(
        &server,
        &[("Viewer-Id", "ann"), ("X-Forwarded-For", "192.0.2.1")],
    );
    until("it is counted", || numbers(&server).0 == 1);
    assert_problem(&server.get("/posts/hello/viewers/ann"), 404);
}

#[test]
fn anonymous_viewers_are_told_apart_by_address_and_agent() {
    let (_home, server, _) = served(&[("--trust-proxy", "127.0.0.1")]);
    let from = |address: &str, agent: &str| {
        read(
            &server,
            &[("X-Forwarded-For", address), ("User-Agent", agent)],
        );
    };
    from("192.0.2.1", FIREFOX);
    from("192.0.2.1", FIREFOX);
    from("192.0.2.2", FIREFOX);
    from("192.0.2.1", "curl/8.0");
    from("198.51.100.9, 192.0.2.1", FIREFOX);
    from("2001:db8::1", FIREFOX);
    until("all are counted", || numbers(&server).0 == 6);
    assert_eq!(numbers(&server), (6, 4));
}

#[test]
fn without_a_trusted_proxy_nobody_can_be_somebody_else() {
    let (_home, server, _) = served(&[]);
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        read(
            &server,
            &[("X-Forwarded-For", address), ("Forwarded", "for=192.0.2.4")],
        );
    }
    until("all are counted", || numbers(&server).0 == 3);
    assert_eq!(numbers(&server).1, 1);
}

#[test]
fn who_asks_for_privacy_is_nobody_and_still_a_view() {
    let (home, server, _) = served(&[]);
    read(&server, &[("Sec-GPC", "1"), ("Viewer-Id", "ann")]);
    read(&server, &[("DNT", "1")]);
    until("both are counted", || numbers(&server) == (2, 0));
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(
        home.database()
            .number("SELECT count(*) AS number FROM viewings"),
        0
    );

    let (_home, server, _) = served(&[("--viewers", "off")]);
    read(&server, &[("Viewer-Id", "ann")]);
    until("it is counted", || numbers(&server) == (1, 0));
}

#[test]
fn what_is_no_view_goes_to_the_ledger_under_its_reason() {
    let (_home, server, _) = served(&[
        ("--exclude", "192.0.2.0/24"),
        ("--trust-proxy", "127.0.0.1"),
    ]);
    let googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    assert_eq!(outcome(&server, &[("User-Agent", googlebot)]), "bot");
    assert_eq!(
        outcome(
            &server,
            &[
                ("Sec-Purpose", "prefetch;prerender"),
                ("User-Agent", FIREFOX)
            ]
        ),
        "prefetch"
    );
    assert_eq!(outcome(&server, &[("Purpose", "prefetch")]), "prefetch");
    assert_eq!(
        outcome(&server, &[("X-Forwarded-For", "192.0.2.77")]),
        "excluded"
    );
    assert_eq!(
        outcome(&server, &[("User-Agent", "curl/8.5.0")]),
        "accepted"
    );
    assert_eq!(outcome(&server, &[("User-Agent", FIREFOX)]), "accepted");
    let beacon = server.connect().request(
        "POST",
        "/posts/hello/views",
        &[("User-Agent", googlebot)],
        b"",
    );
    assert_eq!(
        (beacon.status, beacon.json()["outcome"].as_str()),
        (202, Some("bot"))
    );
    until("all are written", || {
        let numbers = server.get("/posts/hello/views").json();
        numbers["views"] == 2
            && numbers["uncounted"]
                == serde_json::json!({"duplicate": 0, "bot": 2, "prefetch": 2, "excluded": 1, "dropped": 0})
    });
    assert_eq!(server.get("/views").json()["uncounted"]["bot"], 2);
}

#[test]
fn addresses_and_agents_reach_neither_disk_nor_log() {
    let home = Home::new();
    let server = home
        .serve()
        .flag("--trust-proxy", "127.0.0.1")
        .flag("--log", "trace")
        .start();
    server.create("hello", "text");
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.77";
    read(
        &server,
        &[("X-Forwarded-For", "203.0.113.77"), ("User-Agent", agent)],
    );
    until("the view is counted", || numbers(&server) == (1, 1));
    let finished = server.stop();
    assert_eq!(finished.code, Some(0));
    assert!(!finished.stderr.contains("203.0.113.77") && !finished.stderr.contains(agent));
    for bytes in files(home.path()) {
        for secret in ["203.0.113.77", agent] {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is on disk");
        }
    }
}

/// The content of every file in a folder, and in those below it.
fn files(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let of = |path: std::path::PathBuf| match path.is_dir() {
        true => files(&path),
        false => vec![std::fs::read(path).expect("bytes")],
    };
    paths.flat_map(of).collect()
}

#[test]
fn the_salt_of_a_day_that_is_over_is_nowhere() {
    let home = Home::new();
    let server = home.serve().start();
    assert_eq!(server.stop().code, Some(0));
    let salt: Vec<u8> = (0..16).map(|n| 0xa0 + n).collect();
    let hex: String = salt.iter().map(|byte| format!("{byte:02x}")).collect();
    home.database().execute(&format!(
        "INSERT INTO salts (day, salt) VALUES (86400000, x'{hex}')"
    ));
    let server = home.serve().start();
    until("old salts are gone", || {
        home.database()
            .number("SELECT count(*) AS number FROM salts WHERE day = 86400000")
            == 0
    });
    assert_eq!(
        home.database()
            .number("SELECT count(*) AS number FROM salts"),
        2
    );
    assert_eq!(server.stop().code, Some(0));
    for bytes in files(home.path()) {
        assert!(
            !bytes.windows(16).any(|window| window == salt),
            "the salt is still on disk"
        );
    }
}

#[test]
fn old_viewings_are_pruned_and_the_numbers_stay() {
    let (home, server, post) = served(&[]);
    read(&server, &[("Viewer-Id", "ann")]);
    read(&server, &[("Viewer-Id", "bob")]);
    until("both are counted", || numbers(&server) == (2, 2));
    assert_eq!(server.stop().code, Some(0));
    home.database().execute(&format!(
        "UPDATE viewings SET first = 1, last = 1 WHERE post = {post} AND viewer = (SELECT id FROM viewers WHERE name = 'ann')"
    ));
    let server = home.serve().flag("--keep-viewings", "1d").start();
    until("the old one is pruned", || {
        server.get("/posts/hello/viewers/ann").status == 404
    });
    assert_eq!(server.get("/posts/hello/viewers/bob").status, 200);
    assert_eq!(numbers(&server), (2, 2));
}
