//! `import log`: what is no log, what is not this site's, and what is no page.

use std::fmt::Write as _;

use crate::support::{Finished, Home};

fn line(path: &str) -> String {
    format!(
        "192.0.2.1 - - [17/May/2015:10:05:03 +0000] \"GET {path} HTTP/1.1\" 200 12 \"-\" \"Firefox\"\n"
    )
}

fn import(home: &Home, arguments: &[&str]) -> Finished {
    home.run(&[&["import", "log"], arguments].concat())
}

fn logs(home: &Home) -> i64 {
    home.database()
        .number("SELECT count(*) AS number FROM imported_logs")
}

#[test]
fn what_is_no_log_is_shown_and_counts_nothing() {
    let home = Home::new();
    let executable = std::fs::read(env!("CARGO_BIN_EXE_viewtally")).expect("it runs");
    // A line that happens to be one does not make it a log.
    let mut garbage = line("/a").into_bytes();
    garbage.extend(&executable[..executable.len().min(3 << 20)]);
    home.write("program", garbage);
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    home.write("README.md", std::fs::read(readme).expect("README.md"));
    home.write("one-line", "\x1b[2J\u{202e}no log");
    for file in ["program", "README.md", "one-line"] {
        let finished = import(&home, &[file, "--create"]);
        assert_eq!(finished.code, Some(1), "{file}: {}", finished.stderr);
        assert!(
            finished.stdout.contains("counted: 0 views"),
            "{}",
            finished.stdout
        );
        let said = &finished.stderr;
        assert!(said.contains("are in no known format"), "{said}");
        assert!(said.contains("\n  line "), "{said}");
        assert!(said.len() < 2_000, "{} bytes", said.len());
        let harmful = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
        assert!(!said.contains(harmful), "{said:?}");
    }
    assert_eq!(logs(&home), 0);
}

#[test]
fn a_log_that_turns_into_something_else_fails_and_counts_what_it_can() {
    let home = Home::new();
    // Beyond the part that is looked at before anything is counted.
    let mut text = line("/a").repeat(15_000);
    text += &"garbage\n".repeat(20_000);
    home.write("a.log", &text);
    let finished = import(&home, &["a.log", "--create"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished.stderr.contains("20000 of 35000 lines"),
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("the others were counted"),
        "{}",
        finished.stderr
    );
    assert_eq!(home.database().views(), 15_000);
    // A few such lines are no reason to fail.
    home.write("b.log", format!("{}garbage\n", line("/b")));
    assert_eq!(import(&home, &["b.log", "--create"]).code, Some(0));
}

#[test]
fn a_pattern_that_no_path_matches_is_told_with_the_commonest_paths() {
    let home = Home::new();
    let mut text = String::new();
    for n in 0..3_000 {
        text += &line(&format!("/seldom/{n}"));
        if n % 3 == 0 {
            text += &line("/posts/hello?page=2");
        }
        if n % 10 == 0 {
            text += &line("/posts/\u{1b}[31m");
        }
    }
    home.write("a.log", &text);
    let finished = import(&home, &["a.log", "--create", "--path", "/blog/{slug}"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let said = &finished.stderr;
    assert!(
        said.contains("none of its 4300 reads matches --path"),
        "{said}"
    );
    let paths: Vec<&str> = said.lines().skip(1).take(2).collect();
    assert!(paths[0].ends_with(" /posts/hello"), "{said}");
    assert!(paths[1].ends_with(" /posts/\\u{1b}[31m"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said:?}");
    // Nothing is remembered: with another pattern the log is counted.
    assert_eq!(logs(&home), 0);
    let finished = import(&home, &["a.log", "--create", "--path", "/posts/{slug}"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(home.database().views(), 1_300);
    // What is new of a log may be of other pages only.
    text += &line("/about");
    home.write("a.log", &text);
    let finished = import(&home, &["a.log", "--path", "/posts/{slug}"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[test]
fn patterns_have_dates_and_any_segments() {
    let home = Home::new();
    let paths = [
        "/en/2015/05/17/Hello.html",
        "/ko/2015/5/7/hello/",
        "/en/2015/hello",
        "/en/about",
    ];
    home.write("a.log", paths.map(line).concat());
    let pattern = "/{_}/{year}/{month}/{day}/{slug}";
    let finished = import(&home, &["a.log", "--create", "--path", pattern]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("2 other paths"), "{finished:?}");
    let views = "SELECT views AS number FROM counts JOIN posts ON id = post WHERE slug = 'hello'";
    assert_eq!(home.database().number(views), 2);
    let finished = import(&home, &["a.log", "--path", "/{week}/{slug}"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("{month}"), "{}", finished.stderr);
}

#[test]
fn assets_make_no_posts_unless_asked() {
    let mut text = line("/blog/hello");
    for asset in [
        "/app.css",
        "/app.js",
        "/app.js.map",
        "/logo.PNG",
        "/font.woff2",
        "/feed.xml",
    ] {
        writeln!(text, "{}", line(asset).trim_end()).expect("a String takes it");
    }
    for (more, posts, assets) in [(&[][..], 1, 6), (&["--assets"], 7, 0)] {
        let home = Home::new();
        home.write("a.log", &text);
        let finished = import(&home, &[&["a.log", "--create"], more].concat());
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(
            finished.stdout.contains(&format!("{assets} assets")),
            "{finished:?}"
        );
        let count = "SELECT count(*) AS number FROM posts";
        assert_eq!(home.database().number(count), posts, "{more:?}");
        assert_eq!(home.database().views(), posts);
    }
    // A post that is there counts whatever its page is called.
    let home = Home::new();
    home.write("posts/node-js.md", "# Node.js\n");
    home.run(&["import", "posts", "posts"]);
    home.write("a.log", line("/blog/node.js"));
    let finished = import(&home, &["a.log", "--create"]);
    assert!(finished.stdout.contains("1 views"), "{finished:?}");
}
