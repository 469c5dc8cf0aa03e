//! `import log`: what a line becomes, and that a log counts once however it comes.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::{Finished, Home, Signal, WAIT_LIMIT, until};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// So many reads of a path, one a second, by as many viewers as the hour has minutes.
fn lines(path: &str, from: usize, count: usize) -> String {
    let mut text = String::new();
    for n in from..from + count {
        let (minute, second) = (n / 60 % 60, n % 60);
        let time = format!(
            "17/May/2015:{:02}:{minute:02}:{second:02} +0000",
            n / 3600 % 24
        );
        writeln!(
            text,
            "192.0.2.{minute} - - [{time}] \"GET {path} HTTP/1.1\" 200 12 \"-\" \"{FIREFOX}\""
        )
        .expect("a String takes it");
    }
    text
}

fn import(home: &Home, arguments: &[&str]) -> Finished {
    let mut all = vec!["import", "log", "--create"];
    all.extend(arguments);
    let finished = home.run(&all);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

#[test]
fn lines_count_at_their_own_time_under_the_counting_rules() {
    let home = Home::new();
    let at = "[17/May/2015:23:05:03 -0200]";
    let other = "[18/May/2015:01:05:04 +0000]";
    let log = format!(
        "192.0.2.1 - - {at} \"GET /blog/hello/?a=b HTTP/1.1\" 200 1 \"-\" \"{FIREFOX}\"\n\
         192.0.2.1 - - {other} \"GET /blog/hello HTTP/1.1\" 304 - \"-\" \"{FIREFOX}\"\n\
         192.0.2.2 - - {at} \"GET /blog/hello HTTP/1.1\" 200 1 \"-\" \"Googlebot/2.1\"\n\
         192.0.2.3 - - {at} \"GET /blog/hello HTTP/1.1\" 200 1 \"-\" \"curl/8.5.0\"\n\
         192.0.2.1 - - {at} \"GET /about HTTP/1.1\" 200 1 \"-\" \"{FIREFOX}\"\n\
         192.0.2.1 - - {at} \"HEAD /blog/hello HTTP/1.1\" 200 1 \"-\" \"{FIREFOX}\"\n\
         192.0.2.1 - - {at} \"GET /blog/hello HTTP/1.1\" 206 1 \"-\" \"{FIREFOX}\"\n\
         one\ntwo\nthree\nfour\n"
    );
    home.write("access.log", log);
    let finished = import(&home, &["access.log", "--path", "/blog/{slug}"]);
    assert_eq!(
        finished.stdout,
        "counted: 3 views, 1 bot, 0 duplicate of 11 lines; not views: 2 other requests, 1 other paths, \
         0 no such post, 0 assets, 4 unparsable; posts: 1 new; logs: 1 counted, 0 imported before, 0 failed\n"
    );
    let shown: Vec<&str> = finished.stderr.lines().collect();
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(
        shown[0].starts_with("access.log:8: no client address"),
        "{shown:?}"
    );

    let mut database = home.database();
    // 2015-05-18T01:00:00Z
    let hour = "SELECT views AS number FROM hourly_views WHERE post = 1 AND hour = 1431910800000";
    assert_eq!(database.number(hour), 3);
    assert_eq!(database.number("SELECT viewers AS number FROM counts"), 2);
    assert_eq!(
        database.number("SELECT max(viewer) < 0 AS number FROM viewings"),
        1
    );
    let server = home.serve().start();
    let post = server.get("/posts/hello?count=false").json();
    assert_eq!(post["published_at"], "2015-05-18T01:05:03Z");
    assert_eq!(
        (&post["title"], &post["views"]),
        (&"hello".into(), &3.into())
    );
}

#[test]
fn addresses_and_agents_reach_neither_disk_nor_output() {
    let home = Home::new();
    home.write("a.log", lines("/a", 0, 10) + "198.51.100.7 nonsense\n");
    let finished = import(&home, &["a.log"]);
    let mut all = (finished.stdout + &finished.stderr).into_bytes();
    for entry in std::fs::read_dir(home.path()).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "log") {
            all.extend(std::fs::read(path).expect("a file"));
        }
    }
    let text = String::from_utf8_lossy(&all);
    for secret in ["192.0.2.", "198.51.100.7", "Firefox"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn reads_of_missing_posts_are_told_and_may_be_imported_later() {
    let home = Home::new();
    home.write("a.log", lines("/a", 0, 5));
    let finished = home.run(&["import", "log", "a.log"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("0 views"), "{finished:?}");
    assert!(finished.stdout.contains("5 no such post"), "{finished:?}");
    import(&home, &["a.log"]);
    assert_eq!(home.database().views(), 5);
}

#[test]
fn a_log_that_has_grown_is_continued() {
    let home = Home::new();
    let whole = lines("/a", 0, 30);
    for upto in [whole.len() / 3, whole.len() / 2, whole.len()] {
        // The first two end inside a line, which is left until it is whole.
        home.write("access.log", &whole[..upto]);
        import(&home, &["access.log"]);
        let expected = whole[..upto].matches("Firefox/140.0\"").count();
        assert_eq!(home.database().views(), expected as i64);
    }
    home.write(
        "renamed.log.gz",
        gzip(&(whole.clone() + &lines("/a", 30, 5))),
    );
    let finished = import(&home, &["renamed.log.gz"]);
    assert!(finished.stdout.contains("5 views"), "{finished:?}");
    assert_eq!(
        home.database()
            .number("SELECT count(*) AS number FROM imported_logs"),
        1
    );
}

#[test]
fn a_last_line_without_its_end_counts_once() {
    let home = Home::new();
    let text = lines("/a", 0, 3);
    for (content, views) in [
        (text.trim_end().to_owned(), 3),
        (text.clone(), 3),
        (text.clone() + &lines("/a", 3, 1), 4),
    ] {
        home.write("a.log", content);
        import(&home, &["a.log"]);
        assert_eq!(home.database().views(), views);
    }
}

#[test]
fn again_counts_again_and_stdin_is_never_remembered() {
    let home = Home::new();
    let file = home.write("a.log", lines("/a", 0, 4));
    import(&home, &["a.log"]);
    import(&home, &["a.log", "a.log"]);
    assert_eq!(home.database().views(), 4);
    import(&home, &["a.log", "--again"]);
    assert_eq!(home.database().views(), 8);
    import(&home, &["a.log"]);
    assert_eq!(home.database().views(), 8);
    for total in [12, 16] {
        let finished = home.run_reading(&file, &["import", "log", "-"]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert_eq!(home.database().views(), total);
    }
    let compressed = home.write("a.gz", gzip(&lines("/a", 0, 4)));
    home.run_reading(&compressed, &["import", "log", "-"]);
    assert_eq!(home.database().views(), 20);
}

#[test]
fn compressed_logs_of_several_members_are_read_to_their_end() {
    let home = Home::new();
    let mut both = gzip(&lines("/a", 0, 4));
    both.extend(gzip(&lines("/a", 4, 4)));
    home.write("a.log", &both);
    import(&home, &["a.log"]);
    assert_eq!(home.database().views(), 8);
    // The same log as it was before it was compressed.
    home.write("b.log", lines("/a", 0, 8));
    let finished = import(&home, &["b.log"]);
    assert!(finished.stderr.contains("imported before"), "{finished:?}");

    home.write("cut.gz", &gzip(&lines("/b", 0, 5000))[..3000]);
    let finished = home.run(&["import", "log", "cut.gz", "b.log", "--create"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished.stderr.contains("cut.gz: cannot be read"),
        "{finished:?}"
    );
}

#[test]
fn a_log_that_cannot_be_told_from_part_of_another_is_refused() {
    let home = Home::new();
    let text = lines("/a", 0, 9);
    home.write("a.log", &text);
    import(&home, &["a.log"]);
    home.write("part.log", &text[..text.len() / 2]);
    let finished = home.run(&["import", "log", "part.log", "missing.log", "--create"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished.stderr.contains("part.log: it is shorter"),
        "{finished:?}"
    );
    assert!(
        finished.stderr.contains("missing.log: no such file"),
        "{finished:?}"
    );
    assert_eq!(home.database().views(), 9);
}

#[test]
fn an_import_killed_in_its_middle_goes_on_exactly_there() {
    let home = Home::new();
    // Enough of them for several batches: each path on its own.
    let reads = 120_000;
    let mut text = String::new();
    for n in 0..reads {
        text += &lines(&format!("/p{}", n % 700), n, 1);
    }
    home.write("a.log", &text);
    let running = home.begin(&["import", "log", "a.log", "--create"]);
    until("a batch is committed", || {
        let started = home.database_file().exists() && {
            let tables =
                "SELECT count(*) AS number FROM sqlite_master WHERE name = 'imported_logs'";
            let mut database = home.database();
            database.number(tables) == 1
                && database.number("SELECT count(*) AS number FROM imported_logs") == 1
        };
        started || running.is_over()
    });
    running.signal(Signal::Kill);
    running.wait(WAIT_LIMIT + Duration::from_secs(20));
    let before = home.database().views();
    assert!(
        before < reads as i64,
        "it was over before it could be killed"
    );
    import(&home, &["a.log"]);
    assert_eq!(home.database().views(), reads as i64);
    assert_eq!(home.run(&["check"]).code, Some(0));
}

#[test]
fn a_pattern_that_is_none_is_refused() {
    let home = Home::new();
    let finished = home.run(&["import", "log", "a.log", "--path", "/blog"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("{slug}"), "{finished:?}");
}
