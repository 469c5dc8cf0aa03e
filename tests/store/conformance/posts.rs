//! Posts: created, found, updated, deleted.

use super::database::Database;
use super::samples::{
    NOON, assert_consistent, content, counts, create, export, named, reads, views, write,
};
use crate::model::{PostContent, PostKey, Record, SITE};
use crate::store::StoreError;

pub fn a_created_post_is_found_by_id_and_slug(db: &dyn Database) {
    let store = db.store();
    let post = store.create(&content("first")).expect("a post");
    assert_eq!(post.content, content("first"));
    assert_eq!((post.revision, post.views, post.viewers), (1, 0, 0));
    for key in [PostKey::Id(post.id), PostKey::Slug("first")] {
        assert_eq!(store.post(key).expect("an answer"), Some(post.clone()));
    }
}

pub fn a_slug_belongs_to_one_post(db: &dyn Database) {
    let store = db.store();
    create(&*store, "first");
    let second = create(&*store, "second");
    assert!(matches!(
        store.create(&content("first")),
        Err(StoreError::SlugTaken)
    ));
    assert!(matches!(
        store.update(second, &content("first"), None),
        Err(StoreError::SlugTaken)
    ));
    let unchanged = store.post(PostKey::Id(second)).expect("an answer");
    let unchanged = unchanged.expect("a post");
    assert_eq!(
        (unchanged.content, unchanged.revision),
        (content("second"), 1)
    );
}

pub fn an_update_keeps_id_and_counts(db: &dyn Database) {
    let store = db.store();
    let id = create(&*store, "first");
    write(&*store, &views(id, NOON, 3));
    let changed = PostContent {
        tags: vec!["b".to_owned(), "a".to_owned()],
        body: "another".to_owned(),
        ..content("renamed")
    };
    let updated = store.update(id, &changed, None).expect("an update");
    assert_eq!((updated.id, updated.revision, updated.views), (id, 2, 3));
    assert_eq!(updated.content, changed);
    assert_eq!(
        store.post(PostKey::Id(id)).expect("an answer"),
        Some(updated)
    );
    assert_eq!(store.post(PostKey::Slug("first")).expect("an answer"), None);
}

pub fn an_unexpected_revision_changes_nothing(db: &dyn Database) {
    let store = db.store();
    let id = create(&*store, "first");
    assert!(matches!(
        store.update(id, &content("other"), Some(&[2, 3])),
        Err(StoreError::Changed)
    ));
    assert!(matches!(
        store.delete(id, Some(&[])),
        Err(StoreError::Changed)
    ));
    let post = store
        .post(PostKey::Id(id))
        .expect("an answer")
        .expect("a post");
    assert_eq!((post.content, post.revision), (content("first"), 1));

    store
        .update(id, &content("other"), Some(&[7, 1]))
        .expect("an update");
    store.delete(id, Some(&[2])).expect("a deletion");
}

pub fn a_missing_post_is_reported(db: &dyn Database) {
    let store = db.store();
    assert_eq!(store.post(PostKey::Id(1)).expect("an answer"), None);
    assert_eq!(store.post(PostKey::Slug("x")).expect("an answer"), None);
    assert!(matches!(
        store.update(1, &content("x"), None),
        Err(StoreError::NoSuchPost)
    ));
    assert!(matches!(store.delete(1, None), Err(StoreError::NoSuchPost)));
}

pub fn a_deleted_post_takes_its_rows_along(db: &dyn Database) {
    let store = db.store();
    let gone = create(&*store, "gone");
    let stays = create(&*store, "stays");
    for post in [gone, stays] {
        write(&*store, &views(post, NOON, 2));
        write(&*store, &reads(post, &named("ann"), &[NOON]));
    }
    store
        .correct(gone, Some(50), None, "moved", NOON)
        .expect("a correction");
    store.delete(gone, None).expect("a deletion");

    assert_eq!(store.post(PostKey::Id(gone)).expect("an answer"), None);
    assert_eq!(counts(&*store, stays), (3, 1));
    assert_eq!(store.hours(SITE, None).expect("hours"), [(NOON.0, 3)]);
    assert_eq!(store.hours(gone, None).expect("hours"), []);
    let of_gone = |record: &Record| match record {
        Record::Hour { post, .. }
        | Record::Uncounted { post, .. }
        | Record::Correction { post, .. }
        | Record::Viewing { post, .. } => *post == gone,
        Record::Post(post) => post.id == gone,
        _ => false,
    };
    assert!(!export(&*store).iter().any(of_gone));
    assert_consistent(&*store);
}

pub fn an_id_is_never_given_twice(db: &dyn Database) {
    let store = db.store();
    let first = create(&*store, "first");
    store.delete(first, None).expect("a deletion");
    let again = db.store();
    assert!(create(&*again, "first") > first);
}

pub fn any_text_comes_back_as_it_was(db: &dyn Database) {
    let store = db.store();
    let odd = PostContent {
        slug: "한국-ß".to_owned(),
        title: "'; DROP TABLE posts; -- \"%_\\".to_owned(),
        summary: "\u{1F600}\u{200D}\r\n\t".to_owned(),
        body: "0123456789".repeat(100_000),
        tags: vec!["a,b".to_owned(), "\"]".to_owned(), "ü".to_owned()],
        ..content("odd")
    };
    let id = store.create(&odd).expect("a post").id;
    let post = store
        .post(PostKey::Slug("한국-ß"))
        .expect("an answer")
        .expect("a post");
    assert_eq!((post.id, post.content), (id, odd));
}
