//! The numbers of the site: stored sums that follow every change.

use super::database::Database;
use super::samples::{
    NOON, add_read, after_noon, assert_consistent, create, export, findings, forget, named, reads,
    stats, views, whole_log, write,
};
use crate::model::time::DAY;
use crate::model::{Batch, Inconsistency, PostId, PostStats, Reason, Viewer};
use crate::store::Store;

/// A post that is not there.
const MISSING: PostId = 99;

fn site(store: &dyn Store) -> PostStats {
    store.site_stats().expect("numbers")
}

/// Views, viewers and all uncounted events of the site, which `check` agrees with.
fn checked(store: &dyn Store) -> (i64, i64, u64) {
    assert_consistent(store);
    let site = site(store);
    (site.views, site.viewers, site.uncounted.total())
}

/// Four views by three viewers, one of them a repeat, two by a crawler and one of a post that is not there.
fn batch(a: PostId, b: PostId) -> Batch {
    let mut batch = reads(a, &named("ann"), &[NOON, after_noon(7)]);
    add_read(&mut batch, a, Viewer::Anonymous(-4), NOON);
    add_read(&mut batch, b, named("bob"), NOON);
    batch.add_uncounted(b, NOON, Reason::Bot, 2);
    batch.merge(views(MISSING, NOON, 1));
    batch
}

pub fn they_follow_every_change(db: &dyn Database) {
    let store = db.store_with_window(std::time::Duration::from_secs(60));
    let store = &*store;
    let (a, b) = (create(store, "a"), create(store, "b"));
    assert_eq!(checked(store), (0, 0, 0));
    write(store, &batch(a, b));
    assert_eq!(checked(store), (3, 3, 4));
    let replayed = store.replay("spill", &views(b, NOON, 5), NOON);
    replayed.expect("a replay");
    assert_eq!(checked(store), (8, 3, 4));

    // A number set up, and one set down.
    let set = |post, views, viewers| {
        let set = store.correct(post, views, viewers, "moved", NOON);
        set.expect("a correction");
        checked(store)
    };
    assert_eq!(set(a, Some(100), Some(50)), (106, 51, 4));
    assert_eq!(set(b, Some(1), None), (101, 51, 4));

    // A log of two other viewers, one of whom repeats, and of a crawler; and back.
    let mut log = reads(a, &Viewer::Anonymous(-9), &[NOON, after_noon(7)]);
    add_read(&mut log, b, Viewer::Anonymous(-9), after_noon(DAY));
    log.add_uncounted(MISSING, NOON, Reason::Bot, 2);
    let progress = whole_log("head", Vec::new());
    let (_, id) = store.import_batch(&log, &progress).expect("an import");
    assert_eq!(checked(store), (103, 53, 7));
    store.undo_log(id).expect("an undo");
    assert_eq!(checked(store), (101, 51, 4));

    // Viewers who go leave the numbers, and so does a post until it goes for good.
    assert!(forget(store, "ann", NOON));
    let before = after_noon(DAY);
    store.prune_viewings(before, (0, i64::MIN)).expect("a step");
    store.soft_delete(b, None, NOON).expect("a deletion");
    assert_eq!(checked(store), (101, 51, 4));
    store.undelete(b).expect("a post");
    store.soft_delete(b, None, NOON).expect("a deletion");
    write(store, &views(b, NOON, 1));
    assert_eq!(checked(store), (102, 51, 4));

    let other = db.another();
    let restored = other.store();
    let records = export(store);
    let read = restored.restore(&mut records.into_iter());
    read.expect("a restore");
    assert_eq!(checked(&*restored), (102, 51, 4));
    assert_eq!(site(&*restored), site(store));

    while store.purge_deleted(before).expect("an answer") {}
    // What belonged to no post stays.
    assert_eq!(checked(store), (100, 50, 2));
    store.delete(a, None).expect("a deletion");
    assert_eq!(checked(store), (0, 0, 1));
}

pub fn they_are_not_summed_up_by_a_read(db: &dyn Database) {
    let store = db.store();
    let a = create(&*store, "a");
    write(&*store, &batch(a, create(&*store, "b")));
    let before = site(&*store);
    for damage in [
        "UPDATE site_numbers SET number = 7 WHERE name IN ('views', 'bot')",
        "DELETE FROM site_numbers WHERE name = 'viewers'",
    ] {
        db.execute(damage);
    }
    let read = site(&*store);
    assert_eq!((read.views, read.viewers, read.uncounted.bot), (7, 0, 7));
    let found = [("views", 7, 4), ("viewers", 0, 3), ("bot", 7, 2)]
        .map(|(what, is, rows)| Inconsistency::Site { what, is, rows });
    assert_eq!(findings(&*store, true), found);
    assert_consistent(&*store);
    assert_eq!(site(&*store), before);
}

pub fn they_end_at_the_largest_number(db: &dyn Database) {
    let store = db.store();
    for slug in ["a", "b"] {
        let post = create(&*store, slug);
        let set = store.correct(post, Some(i64::MAX - 1), Some(i64::MAX), "moved", NOON);
        set.expect("a correction");
        write(&*store, &views(post, NOON, 1));
        assert_eq!(stats(&*store, post).views, i64::MAX);
    }
    let site = site(&*store);
    assert_eq!((site.views, site.viewers), (i64::MAX, i64::MAX));
    let found = findings(&*store, false);
    let is_site = |finding: &Inconsistency| matches!(finding, Inconsistency::Site { .. });
    assert!(!found.iter().any(is_site), "{found:?}");
}
