//! Pruning, salts, spills, drains, and changes by others.

use std::sync::Arc;
use std::time::Duration;

use super::database::Database;
use super::samples::{
    NOON, add_read, after_noon, assert_consistent, counts, create, export, views, write,
};
use crate::model::time::DAY;
use crate::model::{Batch, DrainRecord, PostId, Record, TimestampMs, Viewer};
use crate::store::Store;
use crate::store::traits::ChangedElsewhere;

pub fn old_viewings_are_pruned_step_by_step(db: &dyn Database) {
    const VIEWERS: i64 = 3_000;
    let store = db.store();
    let posts = [create(&*store, "a"), create(&*store, "b")];
    let mut batch = Batch::default();
    for post in posts {
        for viewer in 1..=VIEWERS {
            // Every second one is old.
            let at = after_noon(if viewer % 2 == 0 { 0 } else { DAY });
            add_read(&mut batch, post, Viewer::Anonymous(-viewer), at);
        }
    }
    write(&*store, &batch);
    let mut steps = 0;
    let mut after = (i64::MIN, i64::MIN);
    while let Some(next) = store.prune_viewings(after_noon(1), after).expect("a step") {
        assert!(next > after);
        after = next;
        steps += 1;
    }
    assert!(steps > 1, "one transaction did everything");
    for post in posts {
        let left = store.viewers_of(post, None, 10_000).expect("viewers").items;
        assert_eq!(left.len() as i64, VIEWERS / 2);
        assert!(
            left.iter()
                .all(|viewing| viewing.last_viewed_at == after_noon(DAY))
        );
        assert_eq!(counts(&*store, post), (VIEWERS, VIEWERS));
    }
    assert_consistent(&*store);
}

pub fn old_windows_are_pruned(db: &dyn Database) {
    let store = db.store_with_window(Duration::from_millis(1000));
    let post = create(&*store, "a");
    let read = |viewer, at| {
        let mut batch = Batch::default();
        add_read(&mut batch, post, Viewer::Anonymous(viewer), after_noon(at));
        write(&*store, &batch).counted
    };
    for viewer in [-1, -2] {
        for at in [0, 1000, 2000] {
            assert_eq!(read(viewer, at), 1);
        }
    }
    assert_eq!(read(-2, 9000), 1);
    let windows = || {
        let is_window = |record: &Record| matches!(record, Record::Window { .. });
        export(&*store).into_iter().filter(is_window).count()
    };
    assert_eq!(windows(), 7);
    let start = (i64::MIN, i64::MIN);
    // The first viewer's are as old as the viewing; of the second one's, who came again, the old ones go.
    store
        .prune_viewings(after_noon(2001), start)
        .expect("a step");
    assert_eq!(windows(), 1);
    assert_eq!((read(-2, 9001), read(-2, 2002)), (0, 1));
    assert_eq!(counts(&*store, post), (8, 2));
    assert_consistent(&*store);
}

pub fn a_days_salt_stays_and_is_forgotten(db: &dyn Database) {
    let store = db.store();
    let day = |n: i64| TimestampMs(n * DAY);
    let salt = |at, proposed, oldest| store.salt(at, [proposed; 16], oldest).expect("a salt");
    assert_eq!(salt(day(1), 1, day(0)), [1; 16]);
    assert_eq!(salt(day(1), 2, day(1)), [1; 16]);
    assert_eq!(salt(day(2), 3, day(1)), [3; 16]);
    let other = db.store();
    assert_eq!(
        other.salt(day(1), [4; 16], day(1)).expect("a salt"),
        [1; 16]
    );
    // The first day is over: its salt is gone, and another takes its place.
    assert_eq!(salt(day(2), 5, day(2)), [3; 16]);
    assert_eq!(salt(day(1), 6, day(0)), [6; 16]);
}

pub fn a_spill_is_applied_once(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let batch = views(post, NOON, 5);
    let replay = |id: &str| store.replay(id, &batch, NOON).expect("an answer");
    assert_eq!(replay("one").map(|result| result.counted), Some(5));
    assert!(replay("one").is_none());
    assert!(
        db.store()
            .replay("one", &batch, NOON)
            .expect("an answer")
            .is_none()
    );
    assert_eq!(replay("two").map(|result| result.counted), Some(5));
    assert_eq!(counts(&*store, post), (10, 0));
}

pub fn the_latest_drain_is_kept(db: &dyn Database) {
    let store = db.store();
    assert_eq!(store.last_drain().expect("an answer"), None);
    let drain = |at, written| DrainRecord {
        at: after_noon(at),
        took: 12,
        written,
        unwritten: 3,
    };
    for drain in [drain(1, 10), drain(5, 20), drain(3, 30)] {
        store.note_drain(&drain).expect("a note");
    }
    assert_eq!(store.last_drain().expect("an answer"), Some(drain(5, 20)));
    store.note_drain(&drain(5, 40)).expect("a note");
    assert_eq!(store.last_drain().expect("an answer"), Some(drain(5, 40)));
}

/// Whether a post's new number of views is told of.
fn is_told(changed: &ChangedElsewhere, post: PostId, views: i64) -> bool {
    match changed {
        ChangedElsewhere::Everything => true,
        ChangedElsewhere::Posts(posts, _) if posts.contains(&post) => true,
        ChangedElsewhere::Numbers(totals) | ChangedElsewhere::Posts(_, totals) => {
            let mut told = totals.iter();
            told.any(|totals| (totals.post, totals.views) == (post, views))
        }
    }
}

pub fn changes_from_elsewhere_are_reported(db: &dyn Database) {
    let store = db.store();
    let changed = || store.changed_elsewhere().expect("an answer");
    let post = create(&*store, "a");
    write(&*store, &views(post, NOON, 1));
    // The first may be of what was before.
    changed();
    assert_ne!(changed(), ChangedElsewhere::Everything);
    let other = db.store();
    let is_elsewhere = !Arc::ptr_eq(&store, &other);
    for total in [2, 3] {
        write(&*other, &views(post, NOON, 1));
        assert_eq!(is_told(&changed(), post, total), is_elsewhere);
        assert_ne!(changed(), ChangedElsewhere::Everything, "once is enough");
    }
    // A batch may report it, and then it is reported.
    write(&*other, &views(post, NOON, 1));
    let batch = write(&*store, &views(post, NOON, 1));
    let told = batch.changed_elsewhere || is_told(&changed(), post, 5);
    assert_eq!(told, is_elsewhere);
    assert_ne!(changed(), ChangedElsewhere::Everything);
    // What a cached post cannot be advanced by: the post, or everything.
    let correct = |store: &dyn Store| {
        let corrected = store.correct(post, Some(1), None, "a test", after_noon(1));
        corrected.expect("a correction");
    };
    correct(&*other);
    assert_eq!(is_edited(&changed(), post), is_elsewhere);
    correct(&*store);
    assert!(!is_edited(&changed(), post), "its own");
}

/// Whether a post is to be read again.
fn is_edited(changed: &ChangedElsewhere, post: PostId) -> bool {
    match changed {
        ChangedElsewhere::Everything => true,
        ChangedElsewhere::Posts(posts, _) => posts.contains(&post),
        ChangedElsewhere::Numbers(_) => false,
    }
}
