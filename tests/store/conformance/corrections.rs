//! Numbers set by hand.

use super::database::Database;
use super::samples::{NOON, assert_consistent, counts, create, export, named, reads, views, write};
use crate::model::{Correction, Page, Record};
use crate::sink::PostTotals;
use crate::store::{Store, StoreError};

fn corrections(store: &dyn Store) -> Vec<(i64, i64, String)> {
    let correction = |record| match record {
        Record::Correction {
            views,
            viewers,
            reason,
            ..
        } => Some((views, viewers, reason)),
        _ => None,
    };
    export(store).into_iter().filter_map(correction).collect()
}

pub fn a_correction_sets_the_numbers_given(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    write(&*store, &views(post, NOON, 10));
    let totals = store
        .correct(post, Some(100), None, "moved", NOON)
        .expect("a correction");
    assert_eq!(
        totals,
        PostTotals {
            post,
            views: 100,
            viewers: 0
        }
    );
    store
        .correct(post, Some(3), Some(7), "wrong", NOON)
        .expect("a correction");
    assert_eq!(counts(&*store, post), (3, 7));
    let expected = [(90, 0, "moved".to_owned()), (-97, 7, "wrong".to_owned())];
    assert_eq!(corrections(&*store), expected);
    assert_eq!(store.hours(post, None).expect("hours"), [(NOON.0, 10)]);
    assert_consistent(&*store);
}

pub fn corrections_are_listed_latest_first(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let none = store.corrections(post, None, 9).expect("a list");
    assert_eq!((none.items, none.next), (vec![], None));
    for (views, reason) in [(10, "first"), (4, "second"), (7, "third")] {
        store
            .correct(post, Some(views), None, reason, NOON)
            .expect("corrected");
    }
    let told = |page: &Page<Correction>| -> Vec<(i64, i64, String)> {
        let items = page.items.iter();
        items
            .map(|one| (one.views, one.viewers, one.reason.clone()))
            .collect()
    };
    let first = store.corrections(post, None, 2).expect("a list");
    let expected = [(3, 0, "third".to_owned()), (-6, 0, "second".to_owned())];
    assert_eq!(told(&first), expected);
    let second = store.corrections(post, first.next, 2).expect("a list");
    assert_eq!(told(&second), [(10, 0, "first".to_owned())]);
    assert_eq!(second.next, None);
}

pub fn a_correct_number_adds_no_row(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    store
        .correct(post, Some(0), Some(0), "same", NOON)
        .expect("a correction");
    store
        .correct(post, None, None, "nothing", NOON)
        .expect("a correction");
    assert_eq!(corrections(&*store), []);
}

pub fn a_missing_post_cannot_be_corrected(db: &dyn Database) {
    let store = db.store();
    let refused = store.correct(1, Some(5), None, "x", NOON);
    assert!(matches!(refused, Err(StoreError::NoSuchPost)));
    assert_eq!(corrections(&*store), []);
}

pub fn views_go_on_from_a_correction(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    store
        .correct(post, Some(1_000), Some(50), "moved", NOON)
        .expect("a correction");
    let result = write(&*store, &reads(post, &named("ann"), &[NOON]));
    assert_eq!(
        result.totals,
        [PostTotals {
            post,
            views: 1_001,
            viewers: 51
        }]
    );
    assert_consistent(&*store);
}
