//! The project's rules on its own source: who may know whom, how long a file may be, what may not be used.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 400;

/// A source file: its path below the repository and its lines, with code and tests told apart.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The lines that are code of the product: no comments, nothing from `#[cfg(test)]` on, no files of tests.
    fn code(&self) -> Vec<(usize, &str)> {
        if self.path.ends_with("tests.rs") {
            return Vec::new();
        }
        let lines = self
            .text
            .lines()
            .enumerate()
            .map(|(number, line)| (number + 1, line.trim()));
        lines
            .take_while(|(_, line)| *line != "#[cfg(test)]")
            .filter(|(_, line)| !line.starts_with("//"))
            .collect()
    }

    fn is_below(&self, folder: &str) -> bool {
        self.path.starts_with(&format!("{folder}/")) || self.path == format!("{folder}.rs")
    }

    /// `path:line: text` of every line of code that `breaks` a rule.
    fn breaking(&self, breaks: impl Fn(&str) -> bool) -> Vec<String> {
        let lines = self.code().into_iter().filter(|(_, line)| breaks(line));
        lines
            .map(|(number, line)| format!("{}:{number}: {line}", self.path))
            .collect()
    }

    /// The modules of the crate that the code names: `crate::a::…`, and `crate::{a, b::…}`.
    fn uses(&self) -> Vec<(usize, String)> {
        let mut used = Vec::new();
        for (number, line) in self.code() {
            for part in line.split("crate::").skip(1) {
                let group = part
                    .strip_prefix('{')
                    .map(|group| group.split('}').next().unwrap_or(group));
                let names = group.map_or_else(
                    || vec![part],
                    |group| group.split(',').map(str::trim).collect(),
                );
                for name in names {
                    let end = name
                        .find(|sign: char| !(sign.is_alphanumeric() || sign == '_'))
                        .unwrap_or(name.len());
                    used.push((number, name[..end].to_owned()));
                }
            }
        }
        used
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn below(folder: &str) -> Vec<Source> {
    let mut folders: Vec<PathBuf> = vec![root().join(folder)];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(root())
                    .expect("below the root")
                    .to_string_lossy()
                    .into_owned();
                sources.push(Source {
                    path: name,
                    text: std::fs::read_to_string(&path).expect("text"),
                });
            }
        }
    }
    assert!(!sources.is_empty());
    sources
}

/// Asserts that no source for which `concerns` holds breaks a rule line by line.
fn nowhere(rule: &str, concerns: impl Fn(&Source) -> bool, breaks: impl Fn(&str) -> bool) {
    let broken: Vec<String> = below("src")
        .iter()
        .filter(|source| concerns(source))
        .flat_map(|source| source.breaking(&breaks))
        .collect();
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

/// Asserts that what lies below `folder` names no modules of the crate but these.
fn knows_only(folder: &str, allowed: &[&str]) {
    let mut broken = Vec::new();
    for source in below("src").iter().filter(|source| source.is_below(folder)) {
        for (number, name) in source.uses() {
            if !allowed.contains(&name.as_str()) {
                broken.push(format!("{}:{number}: crate::{name}", source.path));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "{folder} knows only {allowed:?}:\n{}",
        broken.join("\n")
    );
}

#[test]
fn the_model_knows_nothing_of_the_crate() {
    knows_only("src/model", &["model"]);
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
fn the_sink_knows_only_the_model() {
    knows_only("src/sink", &["sink", "model"]);
}

#[test]
fn the_store_knows_only_the_sink_and_the_model() {
    knows_only("src/store", &["store", "sink", "model"]);
}

#[test]
fn counters_know_neither_http_nor_the_rest_above() {
    let above = [
        "http", "web", "import", "cli", "app", "shutdown", "config", "cluster",
    ];
    let mut broken = Vec::new();
    for source in below("src")
        .iter()
        .filter(|source| source.is_below("src/counter"))
    {
        for (number, name) in source.uses() {
            if above.contains(&name.as_str()) {
                broken.push(format!("{}:{number}: crate::{name}", source.path));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "counters know only what is below them:\n{}",
        broken.join("\n")
    );
}

#[test]
fn counters_and_http_name_no_backend() {
    let above_the_store = |source: &Source| {
        source.is_below("src/http")
            || source.is_below("src/counter")
            || source.is_below("src/embed")
    };
    nowhere(
        "a backend is named above the store",
        above_the_store,
        |line| {
            let line = line.to_lowercase();
            ["diesel", "sqlite", "postgres", "r2d2"]
                .iter()
                .any(|word| line.contains(word))
        },
    );
}

#[test]
fn the_http_library_is_driven_in_one_place() {
    nowhere(
        "tiny_http's server is named elsewhere",
        |source| source.path != "src/http/listener.rs",
        |line| {
            line.contains("tiny_http::Server")
                || (line.contains("tiny_http::{") && line.contains("Server"))
        },
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
        let known = [
            "src/shutdown.rs",
            "src/maintenance/threads.rs",
            "src/counter/pool.rs",
            "src/http/crew.rs",
            "src/http/pool.rs",
            "src/http/watch.rs",
        ];
        !known.contains(&source.path.as_str())
    };
    nowhere("a thread is joined elsewhere", joining, |line| {
        line.contains(".join()")
    });
}

#[test]
fn unsafe_code_is_forbidden() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let forbidden = manifest.contains("unsafe_code = \"forbid\"");
    assert!(
        forbidden
            || below("src")
                .iter()
                .any(|source| source.text.contains("#![forbid(unsafe_code)]"))
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
