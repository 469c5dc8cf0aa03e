//! `export` and `import export`: everything out, and back the same.

use std::path::Path;

use crate::support::Home;

/// A store with something of every kind in it.
fn used() -> Home {
    let home = Home::new();
    home.write(
        "posts/a.md",
        "---\ntitle: \"A \\\"b\\\", 가\"\ntags: [x, y]\n---\nbody\n",
    );
    assert_eq!(home.run(&["import", "posts", "posts"]).code, Some(0));
    let line = "192.0.2.1 - - [17/May/2015:10:05:03 +0000] \"GET /b HTTP/1.1\" 200 1 \"-\" ";
    home.write(
        "b.log",
        format!("{line}\"Firefox\"\n{line}\"Googlebot\"\n{line}\"Chrome\"\n"),
    );
    assert_eq!(
        home.run(&["import", "log", "b.log", "--create"]).code,
        Some(0)
    );
    home.write("counts.csv", "a,50,9\n");
    assert_eq!(home.run(&["import", "counts", "counts.csv"]).code, Some(0));
    let server = home.serve().start();
    let last = server.create("deleted", "");
    server.get("/posts/a");
    server.get("/posts/b");
    server
        .connect()
        .request("DELETE", &format!("/posts/{last}"), &[], b"");
    assert_eq!(server.stop().code, Some(0));
    home.database().execute(
        "INSERT INTO viewers (name) VALUES ('ann');
         INSERT INTO viewings VALUES (1, 1, 5, 6, 0, 6);
         UPDATE counts SET viewers = viewers + 1 WHERE post = 1;
         INSERT INTO applied_spills VALUES ('0f', 7);",
    );
    home
}

fn export(home: &Home, file: &Path) -> String {
    let finished = home.run(&["export", "--output", &file.to_string_lossy()]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    std::fs::read_to_string(file).expect("an export")
}

#[test]
fn an_export_read_back_exports_the_same_bytes() {
    let (home, other) = (used(), Home::new());
    let file = home.path().join("all.jsonl");
    let first = export(&home, &file);
    for kind in [
        "viewtally",
        "numbers",
        "post",
        "hour",
        "uncounted",
        "correction",
        "viewer",
        "viewing",
        "spill",
        "log",
        "drain",
        "end",
    ] {
        assert!(
            first.contains(&format!("{{\"type\":\"{kind}\"")),
            "no {kind} in {first}"
        );
    }
    assert_eq!(home.run(&["export"]).stdout, first);
    let finished = other.run(&["import", "export", &file.to_string_lossy()]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(export(&other, &other.path().join("all.jsonl")), first);
    assert_eq!(other.run(&["check"]).code, Some(0));

    // What was imported is still known, and numbers of deleted posts are not given again.
    let log = home.path().join("b.log");
    let again = other.run(&["import", "log", &log.to_string_lossy()]);
    assert!(again.stdout.contains("1 imported before"), "{again:?}");
    let (server, restored) = (home.serve().start(), other.serve().start());
    assert_eq!(restored.create("new", ""), server.create("new", ""));
    let of = |server: &crate::support::Server| server.get("/posts/a?count=false").json();
    assert_eq!(of(&restored), of(&server));
    let tagged = restored.get("/posts?tag=y").json();
    assert_eq!(tagged["items"].as_array().expect("items").len(), 1);
}

#[test]
fn only_a_whole_export_is_read_and_only_into_an_empty_store() {
    let home = used();
    let text = export(&home, &home.path().join("all.jsonl"));
    let refused = home.run(&["import", "export", "all.jsonl"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains("holds something already"),
        "{refused:?}"
    );

    let lines: Vec<&str> = text.lines().collect();
    let without = |at: usize| {
        let mut some = lines.clone();
        some.remove(at);
        some.join("\n")
    };
    for (damaged, why) in [
        (without(lines.len() - 1), "cut short"),
        (without(5), "should have"),
        (without(0), "does not begin"),
        (
            text.replace("\"type\":\"hour\"", "\"type\":\"our\""),
            "damaged.jsonl:",
        ),
        (text[..text.len() / 2].to_owned(), "damaged.jsonl:"),
        (
            text.replacen("\"version\":6", "\"version\":9", 1),
            "newer version",
        ),
        (String::new(), "does not begin"),
    ] {
        let other = Home::new();
        other.write("damaged.jsonl", damaged);
        let refused = other.run(&["import", "export", "damaged.jsonl"]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains(why), "{refused:?}");
        let rows = "SELECT (SELECT count(*) FROM posts) + (SELECT count(*) FROM ledger) AS number";
        assert_eq!(other.database().number(rows), 0);
    }
}

#[test]
fn a_table_of_numbers_is_written_as_csv() {
    let home = used();
    let finished = home.run(&["export", "--format", "csv"]);
    assert_eq!(
        finished.stdout,
        "post,slug,views,viewers,duplicate,bot,prefetch,excluded,dropped\n\
         1,a,51,11,0,0,0,0,0\n\
         2,b,3,3,0,1,0,0,0\n",
        "{finished:?}"
    );
}

#[test]
fn an_export_that_cannot_be_written_leaves_nothing() {
    let home = used();
    let finished = home.run(&["export", "--output", "no/such/folder.jsonl"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished
            .stderr
            .contains("cannot export to no/such/folder.jsonl"),
        "{finished:?}"
    );
}

#[test]
fn an_infinite_trend_is_made_again_before_it_is_exported() {
    let (home, other) = (used(), Home::new());
    let file = home.path().join("all.jsonl");
    let trend = |text: &str| {
        let mut lines = text.lines();
        let post = lines
            .find(|line| line.contains("\"slug\":\"a\""))
            .expect("a post");
        let post: serde_json::Value = serde_json::from_str(post).expect("JSON");
        post["trend"].as_f64()
    };
    let before = trend(&export(&home, &file)).expect("a number");
    for infinite in ["9e999", "-9e999"] {
        home.database()
            .execute(&format!("UPDATE counts SET trend = {infinite}"));
        let after = trend(&export(&home, &file)).expect("a number");
        assert!((before - after).abs() < 1e-6, "{before} {after}");
    }
    let finished = other.run(&["import", "export", &file.to_string_lossy()]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(other.run(&["check"]).code, Some(0));
}

#[test]
fn a_line_with_a_number_that_cannot_be_is_refused_by_its_place() {
    let home = used();
    let file = home.path().join("all.jsonl");
    let good = export(&home, &file);
    let posts = good
        .lines()
        .position(|line| line.contains("\"slug\":\"a\""));
    let hours = good.lines().position(|line| line.contains("\"hour\""));
    let viewings = good
        .lines()
        .position(|line| line.contains("\"counted_at\""));
    for (line, field, value, why) in [
        (posts, "trend", "null", "trend is null"),
        (posts, "trend", "1e999", "number out of range"),
        (posts, "views", "-1", "views is -1"),
        (
            posts,
            "id",
            "9223372036854775807",
            "id is 9223372036854775807",
        ),
        (
            posts,
            "published_at",
            "9223372036854775807",
            "published_at is",
        ),
        (
            hours,
            "views",
            "9223372036854775807",
            "views is 9223372036854775807",
        ),
        (hours, "views", "99999999999999999999", "invalid"),
        (hours, "hour", "-9223372036854775808", "hour is"),
        (viewings, "viewer", "0", "viewer is 0"),
    ] {
        let at = line.expect("such a line");
        let bad: Vec<String> = (good.lines().enumerate())
            .map(|(number, text)| match number == at {
                true => with(text, field, value),
                false => text.to_owned(),
            })
            .collect();
        home.write("bad.jsonl", bad.join("\n") + "\n");
        let other = Home::new();
        let bad = home.path().join("bad.jsonl");
        let finished = other.run(&["import", "export", &bad.to_string_lossy()]);
        assert_eq!(finished.code, Some(1), "{field} {value}: {finished:?}");
        let place = format!("bad.jsonl:{}: ", at + 1);
        assert!(
            finished.stderr.contains(&place) && finished.stderr.contains(why),
            "{field} {value}: {finished:?}"
        );
        let mut database = other.database();
        assert_eq!(database.number("SELECT count(*) AS number FROM posts"), 0);
    }
}

/// A line with another value of a field.
fn with(line: &str, field: &str, value: &str) -> String {
    let key = format!("\"{field}\":");
    let start = line.find(&key).expect("such a field") + key.len();
    let end = start + line[start..].find([',', '}']).expect("an end");
    format!("{}{value}{}", &line[..start], &line[end..])
}
