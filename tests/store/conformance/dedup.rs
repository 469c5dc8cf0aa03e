//! The de-duplication window.

use std::time::Duration;

use super::database::Database;
use super::samples::{
    NOON, after_noon, assert_consistent, counts, create, named, reads, stats, views, write,
};
use crate::model::{Viewer, ViewingKey};

const WINDOW: i64 = 10_000;

fn window() -> Duration {
    Duration::from_millis(WINDOW.unsigned_abs())
}

pub fn without_a_window_every_read_counts(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    for viewer in [named("ann"), Viewer::Anonymous(-9)] {
        let result = write(&*store, &reads(post, &viewer, &[NOON, NOON, after_noon(1)]));
        assert_eq!((result.counted, result.uncounted.total()), (3, 0));
    }
    assert_eq!(counts(&*store, post), (6, 2));
}

pub fn a_repeat_within_the_window_is_a_duplicate(db: &dyn Database) {
    let store = db.store_with_window(window());
    let post = create(&*store, "a");
    let moments = [0, 1, WINDOW - 1, 3 * WINDOW, 3 * WINDOW].map(after_noon);
    let result = write(&*store, &reads(post, &named("ann"), &moments));
    assert_eq!((result.counted, result.uncounted.duplicate), (2, 3));
    assert_eq!(counts(&*store, post), (2, 1));
    assert_eq!(stats(&*store, post).uncounted.duplicate, 3);
    assert_consistent(&*store);
}

pub fn the_window_holds_across_batches(db: &dyn Database) {
    let store = db.store_with_window(window());
    let post = create(&*store, "a");
    let mut counted = Vec::new();
    for at in [0, 1, WINDOW - 1, 2 * WINDOW, 2 * WINDOW + 1] {
        let batch = reads(post, &Viewer::Anonymous(-3), &[after_noon(at)]);
        counted.push(write(&*store, &batch).counted);
    }
    assert_eq!(counted, [1, 0, 0, 1, 0]);
    let viewing = store
        .viewing(post, ViewingKey::Anonymous(-3))
        .expect("an answer");
    let viewing = viewing.expect("a viewing");
    assert_eq!(
        (
            viewing.first_viewed_at,
            viewing.last_viewed_at,
            viewing.views
        ),
        (NOON, after_noon(2 * WINDOW + 1), 2)
    );
}

pub fn viewers_do_not_hide_each_other(db: &dyn Database) {
    let store = db.store_with_window(window());
    let (a, b) = (create(&*store, "a"), create(&*store, "b"));
    let mut batch = reads(a, &named("ann"), &[NOON, NOON]);
    batch.merge(reads(a, &named("bob"), &[NOON]));
    batch.merge(reads(a, &Viewer::Anonymous(-1), &[NOON]));
    batch.merge(reads(b, &named("ann"), &[NOON]));
    // Views without a viewer have no repeats.
    batch.merge(views(a, NOON, 4));
    let result = write(&*store, &batch);
    assert_eq!((result.counted, result.uncounted.duplicate), (8, 1));
    assert_eq!((counts(&*store, a), counts(&*store, b)), ((7, 3), (1, 1)));
}

pub fn a_viewer_counts_once_however_often(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    for day in 0..5 {
        let at = after_noon(day * 86_400_000);
        write(&*store, &reads(post, &named("ann"), &[at, at]));
    }
    assert_eq!(counts(&*store, post), (10, 1));
    assert_eq!(store.site_stats().expect("numbers").viewers, 1);
}
