//! Imported access logs.

use super::database::Database;
use super::samples::{NOON, after_noon, counts, create, export, views};
use crate::model::PostKey;
use crate::store::{ImportedLog, KnownLog, LogProgress, LoggedPost, StoreError};

fn progress(known: KnownLog, bytes: u64) -> LogProgress {
    LogProgress {
        known,
        head: "head".to_owned(),
        bytes,
        hash: format!("hash of {bytes}"),
        at: NOON,
        created: Vec::new(),
    }
}

pub fn slugs_are_found_or_created(db: &dyn Database) {
    let store = db.store();
    let known = create(&*store, "known");
    let names = [("new", NOON), ("known", NOON), ("new", after_noon(9))];
    let slugs = names.map(|(slug, at)| LoggedPost::of_slug(slug, at));
    let found = store.find_or_create(&slugs, false).expect("an answer");
    assert_eq!(
        (found.ids, found.created),
        (vec![None, Some(known), None], vec![])
    );
    let found = store.find_or_create(&slugs, true).expect("an answer");
    let new = store
        .post(PostKey::Slug("new"))
        .expect("an answer")
        .expect("a post");
    assert_eq!(found.ids, [Some(new.id), Some(known), Some(new.id)]);
    assert_eq!(
        (found.created, new.content.published_at),
        (vec![new.id], NOON)
    );
    assert_eq!(
        (new.content.title.as_str(), new.content.body.as_str()),
        ("new", "")
    );
}

pub fn a_log_continues_where_it_ended(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let batch = views(post, NOON, 2);
    let nothing = KnownLog::Nothing { alike: 0 };
    let (result, id) = store
        .import_batch(&batch, &progress(nothing, 100))
        .expect("an import");
    assert_eq!(result.counted, 2);
    let known = KnownLog::Part { id, bytes: 100 };
    let (_, same) = store
        .import_batch(&batch, &progress(known, 250))
        .expect("an import");
    assert_eq!(same, id);
    // Another log with the same first line.
    let alike = KnownLog::Nothing { alike: 1 };
    let (_, other) = store
        .import_batch(&batch, &progress(alike, 30))
        .expect("an import");
    let log = |id, bytes| ImportedLog {
        id,
        bytes,
        hash: format!("hash of {bytes}"),
    };
    assert_eq!(
        store.imported_logs("head").expect("logs"),
        [log(other, 30), log(id, 250)]
    );
    assert_eq!(store.imported_logs("another").expect("logs"), []);
    assert_eq!(counts(&*store, post), (6, 0));
}

pub fn two_importers_of_one_log_do_not_both_count(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let batch = views(post, NOON, 2);
    let nothing = KnownLog::Nothing { alike: 0 };
    let (_, id) = store
        .import_batch(&batch, &progress(nothing, 100))
        .expect("an import");
    let part = |bytes| KnownLog::Part { id, bytes };
    store
        .import_batch(&batch, &progress(part(100), 200))
        .expect("an import");
    let before = export(&*store);
    for stale in [
        nothing,
        part(100),
        KnownLog::Part {
            id: id + 1,
            bytes: 200,
        },
    ] {
        let refused = store.import_batch(&batch, &progress(stale, 300));
        assert!(matches!(refused, Err(StoreError::Changed)), "{stale:?}");
    }
    assert_eq!(export(&*store), before);
}
