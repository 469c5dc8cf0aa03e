//! The import graph of small made-up crates.

use super::imports::{Import, cycles, imports};

/// `from > to` of every import, without those that only name a folder.
fn edges(files: &[(&str, &str)]) -> Vec<String> {
    let mut all: Vec<String> = imports(files.iter().copied())
        .iter()
        .filter(|import| !import.names_folder)
        .map(|Import { from, to, .. }| format!("{from} > {to}"))
        .collect();
    all.dedup();
    all
}

fn found_cycles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    cycles(&imports(files.iter().copied()))
        .into_iter()
        .map(|cycle| cycle.into_iter().map(|import| import.from).collect())
        .collect()
}

const LIB: (&str, &str) = ("src/lib.rs", "mod a;\nmod b;\n");

#[test]
fn every_way_of_naming_another_file_is_an_import() {
    let b = (
        "src/b.rs",
        "pub struct Thing;\npub mod inner { pub struct Deep; }\n",
    );
    for code in [
        "use crate::b::Thing;",
        "use crate::b;",
        "use crate::b as other;",
        "pub(crate) use super::b::Thing as Other;",
        "use super::{b};",
        "use super::b::*;",
        "use crate::{b::{self, Thing}};",
        "use std::{io, fmt}; use crate::{b::inner::Deep};",
        "fn f() { let _ = crate::b::Thing; }",
        "fn f() { for _ in crate::b::all() {} }",
        "fn f() { let _ = X { ..super::b::base() }; }",
        "fn f() { let _ = 0..super::b::END; }",
        "fn f() { use crate::b::Thing; }",
        "fn f(x: &dyn crate::b::Thing) {}",
        "fn f() { println!(\"{}\", crate::b::name()); }",
        "#[serde(with = \"crate::b\")] struct S;",
        "#[diesel(table_name = super::b::table)] struct S;",
        "mod within { use super::super::b::Thing; }",
        "mod within { fn f() { crate::b::call(); } }",
        "impl<'a> A<'a> { const C: char = '\"'; fn f() { crate::b::call() } }",
    ] {
        assert_eq!(
            edges(&[LIB, ("src/a.rs", code), b]),
            ["src/a.rs > src/b.rs"],
            "{code}"
        );
    }
}

#[test]
fn what_names_no_other_file_is_no_import() {
    for code in [
        "// use crate::b::Thing;",
        "/* crate::b::Thing */ /// [`crate::b::Thing`]\nstruct S;",
        "fn f() { let _ = \"see crate::b::Thing\"; }",
        "fn f() { let _ = r#\"crate::b\"#; }",
        "#[cfg(test)] mod tests { use crate::b::Thing; fn f() { if true {} } }",
        "#[cfg(test)] use crate::b::{Thing, Other}; struct S;",
        "#[cfg(test)] pub fn f() -> [u8; 2] { crate::b::call() }",
        "#[cfg(test)] #[derive(Debug)] struct S { x: crate::b::Thing }",
        "use std::b::Thing; use b_crate::b;",
        "pub(in crate::b) fn f() {}",
        "use self::within::Thing; mod within { pub struct Thing; }",
        "enum B { C } fn f() { let _ = B::C; x.b::<u8>(); }",
    ] {
        let found = edges(&[LIB, ("src/a.rs", code), ("src/b.rs", "pub struct Thing;")]);
        assert!(found.is_empty(), "{code}: {found:?}");
    }
    let tests = [
        ("src/lib.rs", "mod a;\nmod b;\n#[cfg(test)]\nmod tests;\n"),
        ("src/a.rs", ""),
        ("src/b.rs", ""),
        ("src/tests.rs", "use crate::a; use crate::b;"),
    ];
    assert_eq!(edges(&tests), [""; 0]);
}

#[test]
fn code_after_that_of_a_test_counts_again() {
    let code = "#[cfg(test)] mod tests { fn f() { let x = [1; 2]; } } use crate::b::Thing;";
    let found = edges(&[LIB, ("src/a.rs", code), ("src/b.rs", "pub struct Thing;")]);
    assert_eq!(found, ["src/a.rs > src/b.rs"]);
}

/// A folder `store` whose `mod.rs` passes on what its files define.
const STORE: [(&str, &str); 5] = [
    (
        "src/store/mod.rs",
        "mod cache;\nmod open;\npub mod sql;\npub use cache::Cache;\npub use open::open;\npub use sql::*;\n",
    ),
    ("src/store/cache.rs", "pub struct Cache;"),
    ("src/store/open.rs", "use super::Cache;\npub fn open() {}"),
    (
        "src/store/sql/mod.rs",
        "mod row;\npub use self::row::Row as Line;\n",
    ),
    ("src/store/sql/row.rs", "pub struct Row;"),
];

fn beside_store(code: &str) -> Vec<String> {
    let mut files = vec![("src/lib.rs", "mod a; mod store;"), ("src/a.rs", code)];
    files.extend(STORE);
    edges(&files)
        .into_iter()
        .filter(|edge| edge.starts_with("src/a.rs"))
        .collect()
}

#[test]
fn what_is_passed_on_is_where_it_is_defined() {
    for (code, file) in [
        ("use crate::store::Cache;", "cache"),
        ("use crate::store::{Cache as C};", "cache"),
        ("use crate::store; fn f(_: store::Cache) {}", "cache"),
        ("use crate::store as s; fn f(_: s::Cache) {}", "cache"),
        ("use crate::store::open;", "open"),
        ("fn f() { crate::store::open() }", "open"),
        ("use crate::store::Line;", "sql/row"),
        ("use crate::store::sql::Line;", "sql/row"),
        ("use crate::store::sql::row::Row;", "sql/row"),
    ] {
        let found = beside_store(code);
        assert_eq!(found, [format!("src/a.rs > src/store/{file}.rs")], "{code}");
    }
    assert_eq!(
        beside_store("use crate::store::*;"),
        ["cache", "mod", "open", "sql/mod", "sql/row"]
            .map(|file| format!("src/a.rs > src/store/{file}.rs")),
        "a glob takes everything"
    );
    let mut files = vec![("src/lib.rs", "mod store;")];
    files.extend(STORE);
    assert!(
        edges(&files).contains(&"src/store/open.rs > src/store/cache.rs".to_owned()),
        "a sibling, through the folder's mod.rs"
    );
    assert_eq!(found_cycles(&files), [[""; 0]; 0]);
}

#[test]
fn names_that_lead_to_themselves_end() {
    let files = [
        ("src/lib.rs", "mod a; mod b; pub use a::*; pub use b::*;"),
        ("src/a.rs", "pub use crate::b::*;"),
        (
            "src/b.rs",
            "pub use crate::a::*; pub use self::x::x; fn f() { self::nowhere::at_all() }",
        ),
    ];
    assert_eq!(found_cycles(&files), [["src/a.rs", "src/b.rs"]]);
}

#[test]
fn the_executable_imports_from_the_library() {
    let files = [
        LIB,
        ("src/a.rs", "pub fn run() {}"),
        ("src/b.rs", ""),
        ("src/main.rs", "use viewtally::a; fn main() { a::run() }"),
    ];
    assert_eq!(edges(&files), ["src/main.rs > src/a.rs"]);
}

#[test]
fn cycles_of_any_length_are_found() {
    let two = [
        LIB,
        ("src/a.rs", "use crate::b::B; pub struct A;"),
        ("src/b.rs", "pub struct B; fn f() { super::a::f() }"),
    ];
    assert_eq!(found_cycles(&two), [["src/a.rs", "src/b.rs"]]);

    let three = [
        ("src/lib.rs", "mod x; mod y; mod z;"),
        ("src/x/mod.rs", "mod inner; pub use inner::Inner;"),
        ("src/x/inner.rs", "use crate::y::Y; pub struct Inner;"),
        ("src/y.rs", "use crate::z::Z; pub struct Y;"),
        ("src/z.rs", "use crate::x::Inner; pub struct Z;"),
    ];
    let found = found_cycles(&three);
    assert_eq!(found, [["src/x/inner.rs", "src/y.rs", "src/z.rs"]]);
}

#[test]
fn a_mod_rs_that_its_children_import_from_is_a_cycle() {
    let files = |parent: &'static str| {
        [
            ("src/lib.rs", "mod x;"),
            ("src/x/mod.rs", parent),
            ("src/x/child.rs", "use super::Kind; pub struct Child;"),
            ("src/x/kind.rs", "pub struct Kind;"),
        ]
    };
    let defines = "mod child; mod kind; pub use child::Child; pub struct Kind;";
    assert_eq!(
        found_cycles(&files(defines)),
        [["src/x/child.rs", "src/x/mod.rs"]]
    );
    let passes_on = "mod child; mod kind; pub use child::Child; pub use kind::Kind;";
    assert_eq!(found_cycles(&files(passes_on)), [[""; 0]; 0]);
}
