//! The project's rules on its own source: how long a file may be, what may not be used.

use std::collections::BTreeSet;

use super::source::{Source, below, root};
use super::tokens::tokens;

const LONGEST_FILE: usize = 400;

const LONGEST_MEDIAN: usize = 130;

/// Asserts that no source for which `concerns` holds breaks a rule line by line.
fn nowhere(rule: &str, concerns: impl Fn(&Source) -> bool, breaks: impl Fn(&str) -> bool) {
    let broken: Vec<String> = below("src")
        .iter()
        .filter(|source| concerns(source))
        .flat_map(|source| source.breaking(&breaks))
        .collect();
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

#[test]
fn the_model_has_no_io_clock_or_channel() {
    let impure = [
        "std::time::SystemTime",
        "std::time::Instant",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "std::fs",
        "std::net",
        "std::io",
        "std::thread",
        "flume",
        "diesel",
    ];
    nowhere(
        "the model has no IO, clock or channel",
        |source| source.is_below("src/model"),
        |line| impure.iter().any(|word| line.contains(word)),
    );
}

#[test]
fn no_backend_is_named_above_the_store() {
    let above = [
        "api",
        "counter",
        "embed",
        "http",
        "journal",
        "pages",
        "queue",
        "rules",
        "server",
        "sink",
        "maintenance",
    ];
    nowhere(
        "a backend is named above the store",
        |source| {
            above
                .iter()
                .any(|area| source.is_below(&format!("src/{area}")))
        },
        |line| {
            let line = line.to_lowercase();
            ["diesel", "sqlite", "postgres", "r2d2"]
                .iter()
                .any(|word| line.contains(word))
        },
    );
}

#[test]
fn two_files_of_the_server_name_the_http_library() {
    let naming: Vec<String> = below("src")
        .iter()
        .filter(|source| {
            tokens(&source.text)
                .iter()
                .any(|token| token.text == "tiny_http")
        })
        .map(|source| source.path.clone())
        .collect();
    assert!(
        naming.len() == 2 && naming.iter().all(|path| path.starts_with("src/server/")),
        "tiny_http is named in {naming:?}"
    );
}

#[test]
fn there_is_no_async_runtime() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    for runtime in ["tokio", "async-std", "smol", "futures-executor"] {
        assert!(
            !lock.contains(&format!("name = \"{runtime}\"\n")),
            "{runtime} is in Cargo.lock"
        );
    }
}

#[test]
fn files_are_short() {
    let long: Vec<String> = below("src")
        .iter()
        .chain(&below("tests"))
        .map(|source| (source.text.lines().count(), &source.path))
        .filter(|(lines, _)| *lines > LONGEST_FILE)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(
        long.is_empty(),
        "more than {LONGEST_FILE} lines:\n{}",
        long.join("\n")
    );
}

#[test]
fn half_of_the_files_are_short_enough_to_read_at_once() {
    let mut lines: Vec<usize> = below("src")
        .iter()
        .map(|source| source.text.lines().count())
        .collect();
    lines.sort_unstable();
    let median = lines[lines.len() / 2];
    assert!(
        median <= LONGEST_MEDIAN,
        "the median file has {median} lines"
    );
}

#[test]
fn only_stated_invariants_may_panic() {
    nowhere(
        "unwrap or an expect that states no invariant",
        |_| true,
        |line| {
            let bare = line.contains(".unwrap()")
                || line.contains("unimplemented!(")
                || line.contains("todo!(");
            let expects = line.split(".expect(").skip(1);
            // The text may stand on the next line.
            let states = |rest: &str| {
                rest.is_empty()
                    || rest.starts_with("\"the ")
                    || rest.starts_with("\"a ")
                    || rest.starts_with("\"an ")
            };
            bare || expects.into_iter().any(|rest| !states(rest))
        },
    );
}

#[test]
fn threads_have_names_and_one_place_that_joins_them() {
    nowhere(
        "a thread without a name",
        |source| source.path != "src/thread.rs",
        |line| {
            line.contains("thread::spawn(") && !line.contains("crate::thread::spawn(")
                || line.contains("thread::Builder")
        },
    );
    // Each of these owns its threads, and is itself ended by shutdown.rs.
    let joining = |source: &Source| {
        let owners = [
            "src/shutdown",
            "src/counter/pool",
            "src/server",
            "src/journal/append",
            "src/maintenance",
            "src/command/service_manager",
            "src/queue",
            // Ends with the store that it is of.
            "src/store/postgres/deadlines",
        ];
        !owners.iter().any(|owner| source.is_below(owner))
    };
    nowhere("a thread is joined elsewhere", joining, |line| {
        line.contains(".join()")
    });
}

#[test]
fn unsafe_code_is_denied_but_for_the_journals_mapped_memory_and_calls_to_c() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    assert!(manifest.contains("unsafe_code = \"deny\""));
    let files = below("src");
    let unsafe_tokens = |source: &Source| {
        let tokens = tokens(&source.text);
        tokens.iter().filter(|token| token.text == "unsafe").count()
    };
    let found: Vec<_> = files
        .iter()
        .map(|source| (source.path.as_str(), unsafe_tokens(source)))
        .filter(|(_, count)| *count > 0)
        .collect();
    assert_eq!(
        found,
        [("src/allocator.rs", 2), ("src/journal/mapped.rs", 1)]
    );
    nowhere(
        "a lint against unsafe code is lifted",
        |source| found.iter().all(|(path, _)| source.path != *path),
        |line| line.contains("unsafe_code"),
    );
}

#[test]
fn modules_say_what_they_are_for() {
    let silent: Vec<String> = below("src")
        .iter()
        .chain(&below("tests"))
        .filter(|source| !source.text.starts_with("//!"))
        .map(|source| source.path.clone())
        .collect();
    assert!(silent.is_empty(), "no module documentation in {silent:?}");
}

#[test]
fn the_top_level_holds_what_it_should() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "tests",
        "Makefile",
        "README.md",
        "target",
        "data",
    ];
    let visible: BTreeSet<String> = std::fs::read_dir(root())
        .expect("the repository")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| !name.starts_with('.'))
        .collect();
    let strangers: Vec<&String> = visible
        .iter()
        .filter(|name| !allowed.contains(&name.as_str()))
        .collect();
    assert!(strangers.is_empty(), "at the top level: {strangers:?}");
}

#[test]
fn no_path_of_a_developers_machine_is_written_down() {
    for source in below("src").iter().chain(&below("tests")) {
        for (number, line) in source.text.lines().enumerate() {
            let home = ["/ho", "me/"].concat();
            let work = ["/wo", "rk/"].concat();
            assert!(
                !line.contains(&home) && !line.contains(&work),
                "{}:{}: {line}",
                source.path,
                number + 1
            );
        }
    }
}

#[test]
fn no_test_is_skipped_but_by_the_one_helper() {
    let word = ["\"skip", "ped: "].concat();
    let silent: Vec<String> = below("tests")
        .iter()
        .filter(|source| !source.path.starts_with("tests/bench/"))
        .filter(|source| source.path != "tests/support/requirement.rs")
        .flat_map(|source| {
            source.breaking(|line| line.contains("println!") && line.contains(&word))
        })
        .collect();
    assert!(
        silent.is_empty(),
        "call `missing` instead:\n{}",
        silent.join("\n")
    );
}
