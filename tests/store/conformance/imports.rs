//! Posts that come from files.

use super::database::Database;
use super::samples::{NOON, after_noon, counts, create, views, write};
use crate::model::PostKey;
use crate::store::source::ImportedAs;
use crate::store::{ImportContent, Imported, Source};

fn source(folder: &str, file: &str) -> Source {
    Source {
        absolute: format!("{folder}/{file}"),
        relative: file.to_owned(),
    }
}

fn file_content(slug: &str, body: &str) -> ImportContent {
    ImportContent {
        slug: slug.to_owned(),
        address: None,
        title: "A title".to_owned(),
        summary: String::new(),
        body: body.to_owned(),
        tags: Vec::new(),
        published_at: Some(NOON),
        updated_at: None,
    }
}

pub fn a_file_creates_updates_and_leaves_its_post(db: &dyn Database) {
    let store = db.store();
    let file = source("/nowhere", "a.md");
    let import = |content| {
        store
            .import(&file, &content, after_noon(1))
            .expect("an import")
    };
    let Imported::Created(ImportedAs { id, slug }) = import(file_content("a", "one")) else {
        panic!("the post is new");
    };
    assert_eq!(slug, "a");
    write(&*store, &views(id, NOON, 5));
    let same = ImportedAs { id, slug };
    assert_eq!(
        import(file_content("a", "one")),
        Imported::Unchanged(same.clone())
    );
    assert_eq!(import(file_content("a", "two")), Imported::Updated(same));
    let post = store
        .post(PostKey::Id(id))
        .expect("an answer")
        .expect("a post");
    assert_eq!((post.content.body.as_str(), post.revision), ("two", 2));
    assert_eq!(counts(&*store, id), (5, 0));
}

pub fn a_taken_slug_gets_a_number(db: &dyn Database) {
    let store = db.store();
    create(&*store, "a");
    let import = |file: &str| {
        let imported = store.import(&source("/nowhere", file), &file_content("a", ""), NOON);
        match imported.expect("an import") {
            Imported::Created(post) | Imported::Updated(post) | Imported::Unchanged(post) => {
                post.slug
            }
        }
    };
    assert_eq!(import("x.md"), "a-2");
    assert_eq!(import("y.md"), "a-3");
    // Its own slug is not taken.
    assert_eq!(import("x.md"), "a-2");
}

pub fn a_moved_file_keeps_its_post(db: &dyn Database) {
    let store = db.store();
    let folder = tempfile::tempdir().expect("a folder");
    let old = folder.path().to_str().expect("UTF-8");
    std::fs::write(folder.path().join("a.md"), "x").expect("a file");
    let import = |folder: &str| {
        let imported = store.import(&source(folder, "a.md"), &file_content("a", ""), NOON);
        imported.expect("an import")
    };
    let Imported::Created(first) = import(old) else {
        panic!("the post is new");
    };
    // The old file still exists: this is another one.
    let Imported::Created(second) = import("/elsewhere") else {
        panic!("another file is another post");
    };
    assert_ne!(first.id, second.id);
    std::fs::remove_file(folder.path().join("a.md")).expect("a file");
    store.delete(second.id, None).expect("a deletion");
    assert_eq!(import("/moved"), Imported::Unchanged(first.clone()));
    assert_eq!(import("/moved"), Imported::Unchanged(first));
}

pub fn missing_dates_are_those_of_the_import(db: &dyn Database) {
    let store = db.store();
    let import = |body: &str, now| {
        let undated = ImportContent {
            published_at: None,
            ..file_content("a", body)
        };
        store
            .import(&source("/nowhere", "a.md"), &undated, now)
            .expect("an import");
        let post = store
            .post(PostKey::Slug("a"))
            .expect("an answer")
            .expect("a post");
        (post.content.published_at, post.content.updated_at)
    };
    let (first, later) = (after_noon(1), after_noon(2));
    assert_eq!(import("one", first), (first, first));
    assert_eq!(import("one", later), (first, first));
    assert_eq!(import("two", later), (first, later));
}
