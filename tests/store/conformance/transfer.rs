//! Export and restore.

use std::ops::ControlFlow;

use super::database::Database;
use super::samples::{
    NOON, after_noon, assert_consistent, content, create, export, named, reads, views, whole_log,
    write,
};
use crate::model::{Batch, DrainRecord, HourRange, Reason, Record, Viewer};
use crate::store::{ImportContent, Source, Store, StoreError};

/// A row of every kind.
fn fill(store: &dyn Store) {
    let source = Source {
        absolute: "/nowhere/a.md".to_owned(),
        relative: "a.md".to_owned(),
    };
    let file = ImportContent {
        slug: "imported".to_owned(),
        address: Some("/2024/imported".to_owned()),
        title: "\"Quoted\" – 한국".to_owned(),
        summary: String::new(),
        body: "line\nline".to_owned(),
        tags: vec!["b".to_owned(), "a".to_owned()],
        published_at: None,
        updated_at: None,
    };
    store.import(&source, &file, NOON).expect("an import");
    let a = create(store, "a");
    let gone = create(store, "gone");
    store.delete(gone, None).expect("a deletion");
    let deleted = create(store, "deleted");
    write(store, &views(deleted, NOON, 2));
    store.soft_delete(deleted, None, NOON).expect("a deletion");
    let mut batch = reads(a, &named("ann"), &[NOON, after_noon(7)]);
    batch.merge(reads(a, &Viewer::Anonymous(-4), &[NOON]));
    batch.merge(views(a, NOON, 2));
    batch.add_uncounted(a, NOON, Reason::Bot, 3);
    write(store, &batch);
    store
        .correct(a, Some(77), Some(9), "moved", NOON)
        .expect("a correction");
    let progress = whole_log("head", vec![a]);
    let (_, log) = store.import_batch(&batch, &progress).expect("an import");
    let windowed = store.apply_of_log(&batch, log, &[]);
    windowed.expect("an import");
    let hours = HourRange::covering(NOON, after_noon(1)).expect("an hour");
    let taken = store.take_out(a, hours, "a crawler", NOON);
    let taken = taken.expect("an answer").expect("there are views");
    store.take_back(a, taken.id, NOON).expect("an answer");
    store
        .take_out(a, hours, "it was one", NOON)
        .expect("an answer");
    store.replay("spill", &batch, NOON).expect("a replay");
    store.log_key([7; 16]).expect("a key");
    let drain = DrainRecord {
        at: NOON,
        took: 1,
        written: 2,
        unwritten: 3,
    };
    store.note_drain(&drain).expect("a note");
}

fn restore(store: &dyn Store, records: &[Record]) -> Result<u64, StoreError> {
    store.restore(&mut records.iter().cloned())
}

fn assert_refused(store: &dyn Store, records: &[Record]) {
    let before = export(store);
    let refused = restore(store, records);
    assert!(
        matches!(refused, Err(StoreError::Refused(_))),
        "{refused:?}"
    );
    assert_eq!(export(store), before);
}

pub fn an_export_restores_to_the_same(db: &dyn Database) {
    let store = db.store();
    fill(&*store);
    let records = export(&*store);
    assert_eq!(
        records.last(),
        Some(&Record::End {
            lines: records.len() as u64 - 1
        })
    );
    let other = db.another();
    let restored = other.store();
    assert_eq!(
        restore(&*restored, &records).expect("a restore"),
        records.len() as u64
    );
    assert_eq!(export(&*restored), records);
    assert_consistent(&*restored);
    assert_eq!(restored.log_key([8; 16]).expect("a key"), [7; 16]);
    // What is found otherwise than by its key.
    assert_eq!(
        super::samples::listed(&*restored, &Default::default(), 1).len(),
        2
    );
    assert!(
        restored
            .seen_by("ann", None, 1)
            .expect("an answer")
            .is_some()
    );
    assert!(
        restored
            .replay("spill", &Batch::default(), NOON)
            .expect("an answer")
            .is_none()
    );
}

pub fn an_export_can_be_stopped(db: &dyn Database) {
    let store = db.store();
    fill(&*store);
    let records = export(&*store);
    for wanted in 1..=records.len() {
        let mut taken = Vec::new();
        let stopped = store.export(&mut |record| {
            taken.push(record);
            match taken.len() {
                n if n == wanted => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        stopped.expect("an export");
        assert_eq!(taken, records[..wanted]);
    }
}

pub fn only_an_empty_store_is_restored(db: &dyn Database) {
    let store = db.store();
    fill(&*store);
    let records = export(&*store);
    assert_refused(&*store, &records);
    // Drains alone are nothing that could be lost.
    let other = db.another();
    let restored = other.store();
    let drain = DrainRecord {
        at: NOON,
        took: 9,
        written: 9,
        unwritten: 9,
    };
    restored.note_drain(&drain).expect("a note");
    restore(&*restored, &records).expect("a restore");
    assert_eq!(export(&*restored), records);
}

pub fn an_incomplete_export_leaves_nothing(db: &dyn Database) {
    let store = db.store();
    fill(&*store);
    let records = export(&*store);
    let (body, end) = (
        &records[1..records.len() - 1],
        &records[records.len() - 1..],
    );
    let other = db.another();
    let empty = other.store();
    assert_refused(&*empty, &[]);
    assert_refused(&*empty, &records[1..]);
    assert_refused(&*empty, &records[..records.len() - 1]);
    assert_refused(&*empty, &[&records[..3], &records[4..]].concat());
    assert_refused(&*empty, &[&records[..1], body, &records[..1], end].concat());
    assert_refused(
        &*empty,
        &[&[Record::Viewtally { version: 99 }], body, end].concat(),
    );
    // A key that is none, in place of the key.
    let mut wrong = records.clone();
    for record in &mut wrong {
        if let Record::LogKey { key } = record {
            *key = "secret".to_owned();
        }
    }
    assert_ne!(wrong, records);
    assert_refused(&*empty, &wrong);
    // A row that does not fit: the same post again.
    let post = records
        .iter()
        .find(|record| matches!(record, Record::Post(_)));
    let twice = [
        &records[..2],
        &[post.expect("a post").clone()],
        &records[2..],
    ]
    .concat();
    assert!(restore(&*empty, &twice).is_err());
    assert_eq!(
        restore(&*empty, &records).expect("a restore"),
        records.len() as u64
    );
}

pub fn ids_go_on_after_a_restore(db: &dyn Database) {
    let store = db.store();
    fill(&*store);
    let records = export(&*store);
    let next = create(&*store, "next");
    let other = db.another();
    let restored = other.store();
    restore(&*restored, &records).expect("a restore");
    // A deleted post had the highest id.
    assert_eq!(restored.create(&content("next")).expect("a post").id, next);
}

pub fn numbers_are_one_row_a_post(db: &dyn Database) {
    let store = db.store();
    let (a, b) = (create(&*store, "a"), create(&*store, "b"));
    let mut batch = reads(a, &named("ann"), &[NOON]);
    for (n, reason) in (1..).zip(Reason::ALL) {
        batch.add_uncounted(b, NOON, reason, n);
        batch.add_uncounted(b, after_noon(86_400_000), reason, 10);
    }
    write(&*store, &batch);
    let mut rows = Vec::new();
    let all = store.numbers(&mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    });
    all.expect("numbers");
    let [first, second] = &rows[..] else {
        panic!("two posts, {} rows", rows.len());
    };
    assert_eq!(
        (first.post, first.slug.as_str(), first.views, first.viewers),
        (a, "a", 1, 1)
    );
    assert_eq!(
        (second.post, second.slug.as_str(), second.views),
        (b, "b", 0)
    );
    let uncounted = [
        second.duplicate,
        second.bot,
        second.prefetch,
        second.excluded,
        second.dropped,
    ];
    assert_eq!(uncounted, [11, 12, 13, 14, 15]);
    let mut count = 0;
    let stopped = store.numbers(&mut |_| {
        count += 1;
        ControlFlow::Break(())
    });
    stopped.expect("numbers");
    assert_eq!(count, 1);
}
