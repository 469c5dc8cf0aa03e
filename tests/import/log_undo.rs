//! `import log --dry-run` and `--undo`: what would be counted, and what was counted taken back.

use fastrand::Rng;
use serde_json::Value;

use crate::support::{Finished, Home};

const HOUR: usize = 3600;

/// So many reads of three posts by twenty readers, one of them a crawler, in a day from a second on.
fn log(seed: u64, count: usize) -> String {
    let mut random = Rng::with_seed(seed);
    let mut seconds: Vec<usize> = (0..count).map(|_| random.usize(..24 * HOUR)).collect();
    seconds.sort_unstable();
    let line = |second: usize, random: &mut Rng| {
        let (reader, post) = (random.usize(..20), random.usize(..3));
        let agent = if reader == 0 {
            "Googlebot/2.1"
        } else {
            "Firefox"
        };
        format!(
            "192.0.2.{reader} - - [17/May/2015:{:02}:{:02}:{:02} +0000] \"GET /p{post} HTTP/1.1\" 200 1 \"-\" \"{agent}\"\n",
            second / HOUR,
            second / 60 % 60,
            second % 60
        )
    };
    seconds
        .into_iter()
        .map(|second| line(second, &mut random))
        .collect()
}

/// A home with the posts `p0` to `p2`, and the logs `a.log` and `b.log`.
fn home() -> Home {
    let home = Home::new();
    for post in 0..3 {
        let text = "---\ndate: 2015-01-01\n---\n";
        home.write(&format!("posts/p{post}.md"), text);
    }
    assert_eq!(home.run(&["import", "posts", "posts"]).code, Some(0));
    home.write("a.log", log(1, 3_000));
    home.write("b.log", log(2, 2_000));
    home
}

/// The same with the same database, so that readers in logs have the same numbers.
fn twin(of: &Home) -> Home {
    let twin = home();
    std::fs::copy(of.database_file(), twin.database_file()).expect("a copy");
    twin
}

fn import(home: &Home, arguments: &[&str]) -> Finished {
    let finished = home.run(&[&["import", "log"], arguments].concat());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished
}

/// Everything that is exported, but for the numbers that are not given twice, and when a log was imported. A trend is a
/// sum of fractions, whose last digits depend on the order.
fn state(home: &Home) -> Vec<String> {
    let finished = home.run(&["export"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let mut lines = Vec::new();
    for line in finished.stdout.lines() {
        let mut record: Value = serde_json::from_str(line).expect("JSON");
        let kind = record["type"].as_str().expect("a type").to_owned();
        let fields = record.as_object_mut().expect("an object");
        match kind.as_str() {
            "numbers" | "end" => continue,
            "post" => {
                let trend = fields["trend"].as_f64().expect("a number");
                fields.insert("trend".to_owned(), format!("{trend:.6}").into());
            }
            "log" => fields.retain(|name, _| name != "id" && name != "at"),
            name if name.starts_with("log") => {
                fields.retain(|name, _| name != "log" && name != "batch");
            }
            _ => {}
        }
        lines.push(record.to_string());
    }
    lines
}

#[test]
fn a_log_taken_back_has_never_been_imported() {
    for window in [
        &[][..],
        &["--dedup-window", "1h"],
        &["--dedup-window", "24h"],
    ] {
        let base = home();
        base.write("empty.log", "");
        import(&base, &["empty.log"]);
        let (both, alone) = (twin(&base), twin(&base));
        let before = state(&base);
        for file in ["a.log", "b.log"] {
            import(&both, &[&[file], window].concat());
        }
        import(&alone, &[&["b.log"], window].concat());
        let finished = import(&both, &["--undo", "a.log"]);
        assert!(
            finished.stdout.contains("1 taken back, 0 failed"),
            "{finished:?}"
        );
        assert_eq!(state(&both), state(&alone), "{window:?}");
        assert_eq!(both.run(&["check"]).code, Some(0));
        // It can be imported again, and taken back again.
        import(&both, &[&["a.log"], window].concat());
        import(&alone, &[&["a.log"], window].concat());
        assert_eq!(state(&both), state(&alone), "{window:?}");
        import(&both, &["--undo", "b.log", "a.log"]);
        assert_eq!(state(&both), before, "{window:?}");
    }
}

#[test]
fn what_was_counted_again_or_of_a_grown_log_is_taken_back_whole() {
    let base = home();
    import(&base, &["b.log"]);
    let before = state(&base);
    let whole = log(1, 3_000);
    let half = whole[..whole.len() / 2].rfind('\n').expect("a line") + 1;
    base.write("a.log", &whole[..half]);
    import(&base, &["a.log"]);
    base.write("a.log", &whole);
    import(&base, &["a.log"]);
    import(&base, &["a.log", "--again"]);
    // It is known by what it holds, also where it has grown since.
    base.write("renamed.log", whole + &log(3, 10));
    let finished = import(&base, &["renamed.log", "--undo"]);
    assert!(finished.stdout.contains("taken back: "), "{finished:?}");
    assert_eq!(state(&base), before);
}

#[test]
fn what_was_not_imported_cannot_be_taken_back() {
    let home = home();
    import(&home, &["b.log"]);
    let before = state(&home);
    home.write("part.log", &log(2, 2_000)[..500]);
    for (file, words) in [
        ("a.log", "no log that begins with this content"),
        ("part.log", "it is shorter"),
        ("missing.log", "no such file"),
    ] {
        let finished = home.run(&["import", "log", "--undo", file]);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(finished.stderr.contains(words), "{}", finished.stderr);
    }
    let input = home.path().join("b.log");
    let finished = home.run_reading(&input, &["import", "log", "--undo", "-"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished.stderr.contains("standard input"),
        "{}",
        finished.stderr
    );
    assert_eq!(state(&home), before);
    let nowhere = Home::new();
    let finished = nowhere.run(&["import", "log", "--undo", "b.log"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(!nowhere.database_file().exists());
}

#[test]
fn posts_that_a_log_made_go_with_it() {
    let home = Home::new();
    home.write("a.log", log(1, 100));
    home.write("b.log", log(2, 3).replace("/p", "/q"));
    import(&home, &["a.log", "--create"]);
    import(&home, &["b.log", "--create"]);
    let finished = import(&home, &["a.log", "--undo"]);
    assert!(finished.stdout.contains("posts: 3 removed"), "{finished:?}");
    let left = "SELECT count(*) AS number FROM posts WHERE slug NOT LIKE 'q%'";
    assert_eq!(home.database().number(left), 0);
    assert_eq!(home.run(&["check"]).code, Some(0));
}

#[test]
fn a_dry_run_says_what_would_be_counted_and_writes_nothing() {
    let home = home();
    import(&home, &["b.log", "--dedup-window", "1h"]);
    let (before, file) = (
        state(&home),
        std::fs::read(home.database_file()).expect("it"),
    );
    let arguments = ["a.log", "--dedup-window", "1h"];
    let dry = import(&home, &[&arguments[..], &["--dry-run"]].concat());
    assert!(dry.stdout.contains("nothing was written"), "{dry:?}");
    assert_eq!(state(&home), before);
    assert!(std::fs::read(home.database_file()).expect("it") == file);
    let done = import(&home, &arguments);
    let summary = |finished: &Finished| {
        let mut lines = finished.stdout.lines();
        lines
            .find(|line| line.starts_with("counted: "))
            .map(str::to_owned)
    };
    assert_eq!(summary(&dry), summary(&done));
    // The table says of each post what has become of it.
    let row = |post: &str| {
        let line = dry
            .stdout
            .lines()
            .find(|line| line.ends_with(post))
            .expect("a row");
        line.split_whitespace()
            .next()
            .expect("views")
            .parse::<i64>()
            .expect("a number")
    };
    let views = home.database().views();
    let alone = twin_of_b(&home);
    assert_eq!(row(" p0") + row(" p1") + row(" p2"), views - alone);
    let dry = import(&home, &["a.log", "--undo", "--dry-run"]);
    assert!(dry.stdout.contains("1 taken back"), "{dry:?}");
    assert_eq!(home.database().views(), views);
}

/// The views that `b.log` alone has.
fn twin_of_b(home: &Home) -> i64 {
    let twin = twin(home);
    import(&twin, &["--undo", "a.log"]);
    twin.database().views()
}

#[test]
fn a_dry_run_needs_no_store_and_makes_none() {
    let home = Home::new();
    home.write("a.log", log(1, 100));
    let finished = import(&home, &["a.log", "--create", "--dry-run"]);
    assert!(finished.stdout.contains("posts: 3 new"), "{finished:?}");
    assert!(!home.database_file().exists());
    let mut files = std::fs::read_dir(home.path()).expect("a folder");
    assert!(files.all(|file| file.expect("a file").file_name() == "a.log"));
}
