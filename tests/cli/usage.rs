//! The command line: help, exit codes, and errors that say what to try.

use serde_json::Value;

use crate::support::http::TOKEN;
use crate::support::{Finished, Home, until};

/// One line: lower case, no final period, what was attempted.
fn assert_error(finished: &Finished, code: i32, words: &[&str]) {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    assert_eq!(finished.stdout, "", "errors go to stderr");
    let line = finished
        .stderr
        .lines()
        .find(|line| !line.trim().is_empty())
        .expect("a line on stderr");
    assert!(!line.ends_with('.'), "{line}");
    assert!(!line.starts_with(char::is_uppercase), "{line}");
    for word in words {
        assert!(
            finished.stderr.contains(word),
            "{word:?} is not in {}",
            finished.stderr
        );
    }
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}

#[test]
fn help_shows_commands_flags_and_defaults() {
    let home = Home::new();
    for arguments in [
        &["--help"][..],
        &["serve", "--help"],
        &["import", "--help"],
        &["top", "--help"],
    ] {
        let finished = home.run_bare(arguments);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(
            finished.stdout.len() > 100 && finished.stderr.is_empty(),
            "{finished:?}"
        );
    }
    let general = home.run_bare(&["--help"]).stdout;
    for command in ["serve", "import", "top"] {
        assert!(general.contains(command), "{command} is not in {general}");
    }
    assert!(
        general.contains("--flush-every is VIEWTALLY_FLUSH_EVERY"),
        "{general}"
    );
    let serve = home.run_bare(&["serve", "--help"]).stdout;
    let defaults = [
        ("--listen", "127.0.0.1:8080"),
        ("--store", "sqlite:data/viewtally.db"),
        ("--max-connections", "1024"),
        ("--idle-timeout", "30s"),
        ("--request-timeout", "10s"),
        ("--max-body", "1MiB"),
        ("--queue-capacity", "65536"),
        ("--counters", "1"),
        ("--max-counters", "4"),
        ("--flush-every", "100ms"),
        ("--batch-max", "10000"),
        ("--overflow", "coalesce"),
        ("--overflow-wait", "3s"),
        ("--scale-after", "3s"),
        ("--retire-after", "30s"),
        ("--drain-timeout", "25s"),
        ("--log", "info"),
        ("--log-format", "text"),
    ];
    for (flag, default) in defaults {
        assert!(serve.contains(flag), "{flag} is not in {serve}");
        assert!(
            serve.contains(default),
            "{default} of {flag} is not in {serve}"
        );
    }
    assert!(
        home.database_file()
            .parent()
            .expect("a folder")
            .read_dir()
            .expect("it")
            .next()
            .is_none(),
        "help writes nothing"
    );
}

#[test]
fn version_is_told() {
    let short = Home::new().run_bare(&["-V"]);
    let version = concat!("viewtally ", env!("CARGO_PKG_VERSION"));
    assert_eq!((short.code, short.stdout.trim()), (Some(0), version));
    let long = Home::new().run_bare(&["--version"]);
    let lines: Vec<&str> = long.stdout.lines().collect();
    assert_eq!((long.code, lines[0]), (Some(0), version));
    for (line, beginning) in
        lines[1..]
            .iter()
            .zip(["commit: ", "database: SQLite 3.", "features: "])
    {
        assert!(
            line.len() > beginning.len() && line.starts_with(beginning),
            "{line}"
        );
    }
    assert_eq!(lines.len(), 4);
}

#[test]
fn what_a_package_installs_beside_the_program_is_written_by_it() {
    let home = Home::new();
    let page = home.run_bare(&["manual"]).stdout;
    for word in [
        ".TH viewtally",
        "\\-\\-listen",
        "backup",
        "VIEWTALLY_FLUSH_EVERY",
    ] {
        assert!(page.contains(word), "{word} is not in {page}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let finished = home.run_bare(&["completions", shell]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        for word in ["backup", "listen"] {
            assert!(finished.stdout.contains(word), "{shell}: {word}");
        }
    }
    let syntax = std::process::Command::new("bash")
        .args(["-n", "-c", &home.run_bare(&["completions", "bash"]).stdout])
        .status();
    assert!(syntax.expect("bash runs").success());
    assert_eq!(home.run_bare(&["completions", "dos"]).code, Some(2));
}

#[test]
fn a_start_says_in_five_lines_where_everything_is() {
    let home = Home::new();
    let server = home.serve().without("--token").start();
    until("all is said", || server.stdout().lines().count() == 5);
    let text = server.stdout();
    let database = home.database_file();
    for word in [
        "store",
        &database.display().to_string(),
        "posts  none yet",
        &database.with_file_name("token").display().to_string(),
        "import posts",
    ] {
        assert!(text.contains(word), "{word:?} is not in {text}");
    }
    server.stop();
    let server = home.serve().start();
    server.create("hello", "text");
    server.stop();
    let server = home.serve().start();
    until("all is said", || server.stdout().lines().count() == 5);
    let text = server.stdout();
    let post = format!("curl http://{}/posts/hello", server.address);
    for word in ["posts  1", "token  as given", &post] {
        assert!(text.contains(word), "{word:?} is not in {text}");
    }
}

#[test]
fn bad_usage_ends_with_2() {
    let home = Home::new();
    for (flag, value) in [
        ("--listen", "nonsense"),
        ("--flush-every", "soon"),
        ("--flush-every", "1"),
        ("--queue-capacity", "0"),
        ("--counters", "0"),
        ("--max-body", "lots"),
        ("--overflow", "explode"),
        ("--max-connections", "0"),
        ("--store", "mysql://x"),
    ] {
        let finished = home.serve().flag(flag, value).run_or_stop();
        assert_eq!(finished.code, Some(2), "{flag} {value}: {finished:?}");
        assert_eq!(finished.stdout, "");
        assert!(
            finished.stderr.contains(flag.trim_start_matches('-')),
            "{flag} {value}: {}",
            finished.stderr
        );
    }
    assert_eq!(home.run_bare(&["frobnicate"]).code, Some(2));
    assert_eq!(home.run_bare(&["--frobnicate"]).code, Some(2));
    assert_eq!(home.run_bare(&["import"]).code, Some(2));
}

/// As a filter of log lines it would be understood, as a target of that name, and nothing would be logged.
#[test]
fn a_misspelt_log_level_is_bad_usage() {
    let finished = Home::new().serve().flag("--log", "shout").run_or_stop();
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("--log"), "{}", finished.stderr);
}

#[test]
fn bad_settings_in_the_environment_end_with_2_too() {
    let home = Home::new();
    let finished = home.serve().env("VIEWTALLY_FLUSH_EVERY", "soon").run();
    assert_eq!(finished.code, Some(2), "{finished:?}");
}

#[test]
fn no_command_means_serve_and_every_flag_is_a_variable() {
    let home = Home::new();
    let launch = home
        .serve_by_environment()
        .env("VIEWTALLY_LISTEN", "127.0.0.1:0")
        .env("VIEWTALLY_TOKEN", TOKEN)
        .env("VIEWTALLY_STORE", &home.store());
    let server = launch.env("VIEWTALLY_MAX_BODY", "2KiB").start();
    assert!(home.database_file().exists());
    let post = serde_json::json!({"title": "T", "body": "x".repeat(4000)});
    assert_eq!(server.send_json("POST", "/posts", &post).status, 413);
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn a_flag_wins_over_its_variable() {
    let home = Home::new();
    let server = home.serve().env("VIEWTALLY_LISTEN", "127.0.0.1:1").start();
    assert_eq!(server.get("/healthz").status, 200);
}

/// Of these, `--token` and `--viewers` once had no effect before `serve`, and nothing said so.
#[test]
fn flags_before_serve_work_as_those_after_it() {
    let home = Home::new();
    let server = home
        .serve_by_environment()
        .flags(&[
            ("--listen", "127.0.0.1:0"),
            ("--viewers", "off"),
            ("--token", TOKEN),
        ])
        .then("serve")
        .flag("--store", &home.store())
        .start();
    server.create("hello", "text");
    assert_eq!(server.get("/posts/hello").status, 200);
    until("the view is counted", || server.views("hello") == 1);
    let numbers = server.get("/posts/hello/views").json();
    assert_eq!(numbers["viewers"], 0, "{numbers}");
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn a_flag_on_both_sides_of_serve_or_before_another_command_is_bad_usage() {
    let home = Home::new();
    for (arguments, word) in [
        (
            &["--counters", "2", "serve", "--counters", "3"][..],
            "--counters",
        ),
        (&["--viewers", "off", "top"], "--viewers"),
    ] {
        let finished = home.run_bare(arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}: {finished:?}");
        assert!(finished.stderr.contains(word), "{}", finished.stderr);
    }
}

#[test]
fn a_store_that_cannot_be_opened_is_explained() {
    let home = Home::new();
    home.write("file", "not a folder");
    let path = home.path().join("file/viewtally.db");
    let finished = home
        .serve()
        .flag("--store", &format!("sqlite:{}", path.display()))
        .run();
    assert_error(&finished, 1, &["cannot open", "viewtally.db", "--store"]);
}

#[test]
fn a_file_that_is_no_database_is_explained_and_left_alone() {
    let home = Home::new();
    let file = home.write(
        "viewtally.db",
        "This is a shopping list, not a database. ".repeat(100),
    );
    let before = std::fs::read(&file).expect("it");
    assert_error(&home.serve().run(), 1, &["viewtally.db"]);
    assert_eq!(std::fs::read(&file).expect("it"), before);
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    let home = Home::new();
    assert_eq!(home.serve().start().stop().code, Some(0));
    home.database()
        .execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')");
    assert_error(&home.serve().run(), 1, &["newer"]);
}

#[test]
fn missing_folders_of_the_store_are_made() {
    let home = Home::new();
    let path = home.path().join("deep/er/viewtally.db");
    let server = home
        .serve()
        .flag("--store", &format!("sqlite:{}", path.display()))
        .start();
    assert_eq!(server.get("/healthz").status, 200);
    assert!(path.exists());
}

#[test]
fn a_store_in_memory_serves_too() {
    let home = Home::new();
    let server = home.serve().flag("--store", "sqlite::memory:").start();
    server.create("hello", "text");
    for _ in 0..3 {
        assert_eq!(server.get("/posts/hello").status, 200);
    }
    until("the views are counted", || server.views("hello") == 3);
    assert_eq!(server.stop().code, Some(0));
    assert!(!home.database_file().exists());
}

#[test]
fn top_shows_posts_by_views() {
    let home = Home::new();
    let server = home.serve().start();
    for (slug, reads) in [("few", 1), ("many", 12), ("none", 0), ("조회수", 5)] {
        let id = server.create(slug, "text");
        for _ in 0..reads {
            assert_eq!(server.get(&format!("/posts/{id}")).status, 200);
        }
    }
    assert_eq!(server.stop().code, Some(0));
    let table = home.run(&["top"]);
    assert_eq!(table.code, Some(0), "{table:?}");
    let place = |word: &str| {
        table
            .stdout
            .find(word)
            .unwrap_or_else(|| panic!("{word} is not in {}", table.stdout))
    };
    assert!(
        place("many") < place("조회수") && place("조회수") < place("few"),
        "{}",
        table.stdout
    );
    assert!(table.stdout.contains("12"), "{}", table.stdout);

    let limited = home.run(&["top", "--limit", "1"]).stdout;
    assert!(
        limited.contains("many") && !limited.contains("few"),
        "{limited}"
    );

    let json = home.run(&["top", "--json", "--period", "all"]);
    assert_eq!(json.code, Some(0), "{json:?}");
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    let items = json
        .as_array()
        .or_else(|| json["items"].as_array())
        .expect("a list");
    assert_eq!(items[0]["slug"], "many");
    assert_eq!(items[0]["views"], 12);
    for period in ["24h", "7d", "30d", "1y", "all"] {
        let finished = home.run(&["top", "--period", period]);
        assert_eq!(finished.code, Some(0), "{period}: {finished:?}");
        assert!(
            finished.stdout.contains("many"),
            "{period}: {}",
            finished.stdout
        );
    }
    assert_eq!(home.run(&["top", "--period", "fortnight"]).code, Some(2));
}

#[test]
fn asking_a_store_that_is_not_there_makes_none() {
    let home = Home::new();
    for command in ["top", "check", "export"] {
        let finished = home.run(&[command]);
        assert_eq!(finished.code, Some(1), "{command}: {finished:?}");
        assert!(
            finished.stderr.contains("there is no store"),
            "{}",
            finished.stderr
        );
        assert!(!home.database_file().exists(), "{command} made a database");
    }
}
