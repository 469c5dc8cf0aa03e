//! Numbers that another counter had.

use super::database::Database;
use super::samples::{NOON, assert_consistent, counts, create, export, views, write};
use crate::model::time::HOUR;
use crate::model::{HourRange, PostId, TimestampMs};
use crate::store::{BroughtNumbers, Store};

fn bring(store: &dyn Store, totals: &[(PostId, i64)], hours: &[(PostId, i64, i64)]) -> i64 {
    let numbers = BroughtNumbers {
        reason: "imported from a counter",
        totals,
        hours,
        at: NOON,
    };
    store.bring(&numbers).expect("numbers").views
}

pub fn what_is_new_is_added_once(db: &dyn Database) {
    let store = db.store();
    let (a, b) = (create(&*store, "a"), create(&*store, "b"));
    write(&*store, &views(a, NOON, 5));
    assert_eq!(bring(&*store, &[(a, 100), (b, 7)], &[]), 107);
    assert_eq!(bring(&*store, &[(a, 100), (b, 7)], &[]), 0);
    assert_eq!(bring(&*store, &[(a, 90), (b, 8)], &[]), 1);
    assert_eq!((counts(&*store, a), counts(&*store, b)), ((105, 0), (8, 0)));
    let hours = [(a, NOON.0, 3), (a, NOON.0 - HOUR, 4), (b, NOON.0, 2)];
    assert_eq!(bring(&*store, &[], &hours), 9);
    assert_eq!(bring(&*store, &[], &hours), 0);
    let more = [(a, NOON.0, 5), (a, NOON.0 - HOUR, 4), (b, NOON.0 + HOUR, 1)];
    assert_eq!(bring(&*store, &[], &more), 3);
    assert_eq!(
        (counts(&*store, a), counts(&*store, b)),
        ((114, 0), (11, 0))
    );
    let of_a = store.hours(a, None).expect("hours");
    assert_eq!(of_a, [(NOON.0 - HOUR, 4), (NOON.0, 10)]);
    assert_consistent(&*store);
    assert!(export(&*store).len() > 5);
}

pub fn what_was_taken_out_stays_out(db: &dyn Database) {
    let store = db.store();
    let a = create(&*store, "a");
    let hours = [(a, NOON.0, 3)];
    bring(&*store, &[], &hours);
    let range = HourRange::covering(NOON, TimestampMs(NOON.0 + 1)).expect("an hour");
    store
        .take_out(a, range, "a crawler", NOON)
        .expect("an answer");
    assert_eq!(bring(&*store, &[], &hours), 0);
    assert_eq!(counts(&*store, a), (0, 0));
    assert_consistent(&*store);
}

pub fn a_missing_post_gets_nothing(db: &dyn Database) {
    let store = db.store();
    let a = create(&*store, "a");
    let numbers = BroughtNumbers {
        reason: "r",
        totals: &[(a, 5), (99, 5)],
        hours: &[],
        at: NOON,
    };
    assert!(store.bring(&numbers).is_err());
    assert_eq!(counts(&*store, a), (0, 0));
}
