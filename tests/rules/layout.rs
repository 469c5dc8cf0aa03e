//! The layout of the source: what each folder may import, no cycles among files, a `mod.rs` that only declares.

use std::collections::BTreeSet;

use super::imports::{Import, cycles, imports};
use super::source::below;
use super::tokens::tokens;

/// What the areas of a row may import, besides themselves.
enum May {
    /// Every area of a later row, and the others of their own.
    AllBelow,
    /// As before, and this area of an earlier row.
    AllBelowAnd(&'static str),
    /// These areas; `area/name` is one file or folder of an area.
    Only(&'static [&'static str]),
}

/// The layout table of the design, in its order. An area is a folder of `src/`, or a file in it.
const LAYOUT: &[(&[&str], May)] = &[
    (&["main", "lib", "cli", "config", "command"], May::AllBelow),
    // The start is given what was asked, as the configuration.
    (&["app", "shutdown"], May::AllBelowAnd("config")),
    (
        &["server"],
        May::Only(&["http", "thread", "metrics", "fd_limit"]),
    ),
    (&["http"], May::Only(&[])),
    (&["rules"], May::Only(&["model"])),
    // One handler of the two that answer.
    (
        &["site"],
        May::Only(&[
            "api",
            "pages",
            "endpoint",
            "server/handler",
            "http",
            "counter/recorded",
        ]),
    ),
    (&["api"], May::Only(API)),
    (&["pages"], May::Only(API)),
    // What both answer with: neither repeats the other's look-up, recording of views or checks.
    (&["endpoint"], May::Only(API)),
    (&["embed"], May::Only(&[])),
    (
        // Events are in the journal before they are on the channel.
        &["counter"],
        May::Only(&["journal", "sink", "model", "metrics", "thread", "clock"]),
    ),
    (&["sink"], May::Only(&["model"])),
    // It prepares its files beside the requests, and says how that goes.
    (
        &["journal"],
        May::Only(&["sink", "model", "metrics", "thread", "clock"]),
    ),
    (
        &["queue"],
        May::Only(&["sink", "model", "thread", "metrics", "clock"]),
    ),
    (&["store"], May::Only(&["sink", "model", "thread"])),
    (
        &["maintenance"],
        May::Only(&["store", "rules", "thread", "model", "clock", "allocator"]),
    ),
    (&["import"], May::Only(&["rules", "model", "store/traits"])),
    (&["model"], May::Only(&[])),
    (&["metrics"], May::Only(&["model"])),
    (&["thread"], May::Only(&["model"])),
    (&["clock"], May::Only(&["model"])),
    (&["fd_limit"], May::Only(&["model"])),
    (&["allocator"], May::Only(&[])),
    (&["build"], May::Only(&[])),
    (&["test_support"], May::Only(&[])),
];

/// Of the server its seam, of the counters their sender's trait, of the store its traits with their error, its cache and
/// its rankings; and what answers about the server itself need: its measurements, whether the sink works, the time.
const API: &[&str] = &[
    "endpoint",
    "server/handler",
    "http",
    "rules",
    "counter/event_sink",
    "store/traits",
    "store/error",
    "store/cache",
    "store/rankings",
    "model",
    "embed",
    "sink/health",
    "metrics",
    "clock",
];

/// A file's place: its area, and its path in `src/` without `.rs` or `/mod.rs`.
fn place(file: &str) -> (&str, &str) {
    let inner = file.strip_prefix("src/").unwrap_or(file);
    let inner = inner.strip_suffix(".rs").unwrap_or(inner);
    let inner = inner.strip_suffix("/mod").unwrap_or(inner);
    (inner.split('/').next().unwrap_or(inner), inner)
}

fn row_of(layout: &[(&[&str], May)], area: &str) -> Option<usize> {
    layout.iter().position(|(areas, _)| areas.contains(&area))
}

fn is_allowed(layout: &[(&[&str], May)], import: &Import) -> bool {
    let ((from, _), (to, to_path)) = (place(&import.from), place(&import.to));
    let Some(row) = row_of(layout, from) else {
        return false;
    };
    if from == to {
        return true;
    }
    let is_below = |area| row_of(layout, area).is_some_and(|target| target >= row);
    match &layout[row].1 {
        May::AllBelow => is_below(to),
        May::AllBelowAnd(above) => to == *above || is_below(to),
        May::Only(areas) => areas.iter().any(|allowed| {
            let below = |outer: &str, inner: &str| {
                inner == outer
                    || inner
                        .strip_prefix(outer)
                        .is_some_and(|rest| rest.starts_with('/'))
            };
            // Naming a folder that is open in part is no use of the rest: what is used of it is judged itself.
            below(allowed, to_path) || import.names_folder && below(to_path, allowed)
        }),
    }
}

/// What breaks the table: imports outside it, and files in no area of it.
fn breaches(layout: &[(&[&str], May)], files: &[(&str, &str)]) -> Vec<String> {
    let strangers: BTreeSet<String> = files
        .iter()
        .map(|(file, _)| place(file).0)
        .filter(|area| row_of(layout, area).is_none())
        .map(|area| format!("src/{area} is not in the layout"))
        .collect();
    let imports = imports(files.iter().copied());
    // Once for each two files: the first line says enough.
    let mut told = BTreeSet::new();
    let forbidden = imports
        .iter()
        .filter(|import| !is_allowed(layout, import))
        .filter(|import| told.insert((&import.from, &import.to)));
    let forbidden: Vec<String> = forbidden.map(Import::to_string).collect();
    strangers.into_iter().chain(forbidden).collect()
}

/// Whether a file declares modules and passes names on, and does nothing else.
fn only_declares(text: &str) -> bool {
    let words: Vec<String> = tokens(text).into_iter().map(|token| token.text).collect();
    words.split(|word| word == ";").all(|statement| {
        // `#[…]`, any number of them, and `pub` or `pub(…)` come first.
        let mut rest = statement;
        loop {
            rest = match rest {
                [hash, ..] if hash == "#" => {
                    let end = rest.iter().position(|word| word == "]").unwrap_or(0);
                    &rest[end + 1..]
                }
                [public, paren, ..] if public == "pub" && paren == "(" => {
                    let end = rest.iter().position(|word| word == ")").unwrap_or(0);
                    &rest[end + 1..]
                }
                [public, ..] if public == "pub" => &rest[1..],
                _ => break,
            };
        }
        match rest {
            [] => true,
            [word, _] if word == "mod" => true,
            [word, ..] => word == "use",
        }
    })
}

#[test]
fn no_import_is_outside_the_layout() {
    let sources = below("src");
    let files: Vec<(&str, &str)> = sources
        .iter()
        .map(|source| (source.path.as_str(), source.text.as_str()))
        .collect();
    let breaches = breaches(LAYOUT, &files);
    assert!(
        breaches.is_empty(),
        "{} imports outside the layout:\n{}",
        breaches.len(),
        breaches.join("\n")
    );
}

#[test]
fn no_two_files_import_each_other_however_far_around() {
    let sources = below("src");
    let imports = imports(
        sources
            .iter()
            .map(|source| (source.path.as_str(), source.text.as_str())),
    );
    let cycles: Vec<String> = cycles(&imports)
        .iter()
        .map(|cycle| {
            let lines: Vec<String> = cycle.iter().map(|import| format!("  {import}")).collect();
            format!("a cycle of {} files:\n{}", cycle.len(), lines.join("\n"))
        })
        .collect();
    assert!(cycles.is_empty(), "{}", cycles.join("\n"));
}

#[test]
fn a_mod_rs_only_declares() {
    let busy: Vec<String> = below("src")
        .iter()
        .filter(|source| source.path.ends_with("/mod.rs"))
        .filter(|source| !only_declares(&source.text))
        .map(|source| source.path.clone())
        .collect();
    assert!(
        busy.is_empty(),
        "types and functions go into files of their own: {busy:?}"
    );
}

#[test]
fn the_library_shows_only_what_main_needs() {
    let sources = below("src");
    let library = sources
        .iter()
        .find(|source| source.path == "src/lib.rs")
        .expect("src/lib.rs");
    // What only benches and fuzz targets are built with is no part of it.
    let text = library
        .text
        .split("#[cfg(feature = \"internals\")]")
        .next()
        .expect("a first part");
    let words = tokens(text);
    let public: Vec<&str> = words
        .windows(3)
        .filter(|three| three[0].text == "pub")
        .map(|three| three[2].text.as_str())
        .collect();
    assert_eq!(public, ["cli", "command", "config"]);
}

#[test]
fn tests_of_a_file_of_their_own_are_not_among_the_source() {
    let tests: Vec<String> = below("src")
        .into_iter()
        .map(|source| source.path)
        .filter(|path| path.ends_with("tests.rs"))
        .collect();
    assert!(tests.is_empty(), "these belong below tests/: {tests:?}");
}

#[test]
fn a_file_that_only_declares_is_told_from_one_that_does_more() {
    for declares in [
        "//! Docs.\n\nmod a;\npub mod b;\npub(crate) mod c;\npub use a::{A, B as C};\n",
        "#[cfg(feature = \"x\")]\nmod a;\n#[cfg(test)]\nmod tests;\nuse self::a::A;\n",
    ] {
        assert!(only_declares(declares), "{declares}");
    }
    for more in [
        "mod a; pub fn f() {}",
        "pub trait T { fn f(); }",
        "mod a { pub struct S; }",
        "pub const N: usize = 1;",
        "#[derive(Debug)] pub struct S;",
        "pub type T = u8;",
    ] {
        assert!(!only_declares(more), "{more}");
    }
}

/// A crate like the real one, with this code in `src/api/posts.rs`.
fn with_api(code: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "src/lib.rs",
            "mod api; mod cli; mod http; mod server; mod store; mod model;",
        ),
        ("src/cli/mod.rs", "mod serve; pub use serve::Serve;"),
        (
            "src/cli/serve.rs",
            "use crate::api::Posts; pub struct Serve;",
        ),
        ("src/api/mod.rs", "mod posts; pub use posts::Posts;"),
        ("src/api/posts.rs", code),
        ("src/http/mod.rs", "mod query; pub use query::Query;"),
        ("src/http/query.rs", "pub struct Query;"),
        (
            "src/server/mod.rs",
            "mod handler; mod workers; pub use handler::Handler; pub use workers::Workers;",
        ),
        (
            "src/server/handler.rs",
            "use crate::http::Query; pub trait Handler {}",
        ),
        (
            "src/server/workers.rs",
            "use super::Handler; pub struct Workers;",
        ),
        (
            "src/store/mod.rs",
            "mod sqlite; mod traits; pub use sqlite::*; pub use traits::{Posts, Views};",
        ),
        (
            "src/store/sqlite.rs",
            "use super::Posts; pub struct Sqlite;",
        ),
        (
            "src/store/traits/mod.rs",
            "mod posts; mod views; pub use posts::Posts; pub use views::Views;",
        ),
        (
            "src/store/traits/posts.rs",
            "use crate::model::Slug; pub trait Posts {}",
        ),
        ("src/store/traits/views.rs", "pub trait Views {}"),
        ("src/model.rs", "pub struct Slug;"),
    ]
}

#[test]
fn a_clean_tree_is_accepted() {
    for code in [
        "",
        "use crate::{http::Query, store::{Posts, Views}, server::Handler};",
        "use crate::store; fn f(_: &dyn store::Posts) {}",
        "use crate::server::handler::Handler; use crate::model::Slug;",
        "#[cfg(test)] mod tests { use crate::cli::Serve; }",
    ] {
        let found = breaches(LAYOUT, &with_api(code));
        assert!(found.is_empty(), "{code}: {found:?}");
        assert_eq!(cycles(&imports(with_api(code))), [[]; 0], "{code}");
    }
}

#[test]
fn an_import_outside_the_layout_is_found_however_it_is_written() {
    for (code, to) in [
        ("use crate::cli::Serve;", "src/cli/serve.rs"),
        (
            "use crate::{http::Query, cli::{Serve}};",
            "src/cli/serve.rs",
        ),
        ("use super::super::cli::Serve;", "src/cli/serve.rs"),
        (
            "mod inner { use super::super::super::cli::Serve as Other; }",
            "src/cli/serve.rs",
        ),
        ("fn f() { let _ = crate::cli::Serve; }", "src/cli/serve.rs"),
        ("use crate::cli; fn f(_: cli::Serve) {}", "src/cli/serve.rs"),
        ("use crate::server::Workers;", "src/server/workers.rs"),
        ("use crate::store::Sqlite;", "src/store/sqlite.rs"),
        (
            "use crate::store; fn f(_: store::Sqlite) {}",
            "src/store/sqlite.rs",
        ),
        ("use crate::store::*;", "src/store/sqlite.rs"),
    ] {
        let found = breaches(LAYOUT, &with_api(code));
        let wanted = format!("is in {to}");
        assert!(
            found.iter().any(|breach| {
                breach.starts_with("src/api/posts.rs:1: ") && breach.ends_with(&wanted)
            }),
            "{code}: {found:?}"
        );
    }
}

#[test]
fn what_is_above_is_imported_by_nobody_and_a_stranger_is_named() {
    let mut files = with_api("");
    files.push(("src/model.rs", "use crate::http::Query; pub struct Slug;"));
    files.push(("src/odds/ends.rs", "use crate::model::Slug;"));
    files.push((
        "src/app.rs",
        "use crate::cli::Serve; use crate::server::Workers;",
    ));
    assert_eq!(
        breaches(LAYOUT, &files),
        [
            "src/odds is not in the layout",
            "src/app.rs:1: crate::cli::Serve is in src/cli/serve.rs",
            "src/model.rs:1: crate::http::Query is in src/http/query.rs",
            "src/odds/ends.rs:1: crate::model::Slug is in src/model.rs",
        ]
    );
}
