//! Viewers and what they viewed.

use std::time::Duration;

use super::database::Database;
use super::samples::{
    NOON, add_read, after_noon, all_pages, assert_consistent, counts, create, export, forget,
    named, reads, stats, write,
};
use crate::model::time::DAY;
use crate::model::{Batch, DedupWindow, Reason, Record, Viewer, ViewingKey};

pub fn viewers_are_listed_latest_first(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let mut batch = Batch::default();
    // Two at the same moment.
    let viewers = [
        named("ann"),
        named("bob"),
        Viewer::Anonymous(-7),
        named("cid"),
    ];
    for (viewer, at) in viewers.into_iter().zip([1, 4, 4, 3]) {
        add_read(&mut batch, post, viewer, after_noon(at));
    }
    write(&*store, &batch);
    for limit in [1, 2, 3, 4, 10] {
        let all = all_pages(limit, |query| {
            store.viewers_of(post, query.after, limit).expect("viewers")
        });
        let names: Vec<&str> = all.iter().map(|viewing| viewing.viewer.as_str()).collect();
        assert_eq!(names, ["bob", "anonymous-fffffffffffffff9", "cid", "ann"]);
    }
    assert_eq!(store.viewers_of(999, None, 5).expect("viewers").items, []);
}

pub fn a_viewing_is_found_by_name_and_number(db: &dyn Database) {
    let store = db.store();
    let (post, other) = (create(&*store, "a"), create(&*store, "b"));
    write(&*store, &reads(post, &named("ann"), &[after_noon(5), NOON]));
    write(&*store, &reads(post, &Viewer::Anonymous(-2), &[NOON]));
    let viewing = |post, key| store.viewing(post, key).expect("an answer");
    let ann = viewing(post, ViewingKey::Named("ann")).expect("a viewing");
    assert_eq!(
        (
            ann.viewer.as_str(),
            ann.first_viewed_at,
            ann.last_viewed_at,
            ann.views
        ),
        ("ann", NOON, after_noon(5), 2)
    );
    assert_eq!(
        viewing(post, ViewingKey::Anonymous(-2)).map(|found| found.views),
        Some(1)
    );
    assert_eq!(viewing(post, ViewingKey::Anonymous(-3)), None);
    assert_eq!(viewing(post, ViewingKey::Named("bob")), None);
    assert_eq!(viewing(other, ViewingKey::Named("ann")), None);
}

pub fn the_posts_of_a_viewer_are_listed_latest_first(db: &dyn Database) {
    let store = db.store();
    let mut batch = Batch::default();
    for (n, at) in [5, 9, 5, 1].into_iter().enumerate() {
        let post = create(&*store, &format!("p{n}"));
        add_read(&mut batch, post, named("ann"), after_noon(at));
        add_read(&mut batch, post, named("bob"), after_noon(20));
    }
    write(&*store, &batch);
    for limit in [1, 2, 3, 4, 10] {
        let all = all_pages(limit, |query| {
            let page = store.seen_by("ann", query.after, limit).expect("an answer");
            page.expect("ann is known")
        });
        let slugs: Vec<&str> = all.iter().map(|seen| seen.slug.as_str()).collect();
        assert_eq!(slugs, ["p1", "p2", "p0", "p3"]);
    }
    assert!(
        store
            .seen_by("nobody", None, 5)
            .expect("an answer")
            .is_none()
    );
}

pub fn a_deleted_viewer_leaves_the_numbers(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let mut batch = reads(post, &named("ann"), &[NOON, NOON]);
    batch.merge(reads(post, &named("bob"), &[NOON]));
    write(&*store, &batch);
    assert!(forget(&*store, "ann", after_noon(1)));
    assert!(!forget(&*store, "ann", after_noon(1)));
    assert!(store.seen_by("ann", None, 5).expect("an answer").is_none());
    assert_eq!(
        store
            .viewing(post, ViewingKey::Named("ann"))
            .expect("an answer"),
        None
    );
    assert_eq!(counts(&*store, post), (3, 2));
    assert_consistent(&*store);
    // Somebody of that name is a new viewer.
    write(&*store, &reads(post, &named("ann"), &[after_noon(2)]));
    assert_eq!(counts(&*store, post), (4, 3));
    assert_consistent(&*store);
}

pub fn what_was_on_its_way_brings_no_forgotten_viewer_back(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let at = after_noon(10);
    // One is known, the other one's first view is on its way.
    write(&*store, &reads(post, &named("ann"), &[NOON]));
    let late = ["ann", "bob"].map(|name| reads(post, &named(name), &[NOON, at]));
    assert!(forget(&*store, "ann", at));
    assert!(!forget(&*store, "bob", at));
    for (batch, id) in late.iter().zip(["one", "two"]) {
        assert_eq!(write(&*store, batch).counted, 2);
        assert_eq!(write(&*db.store(), batch).counted, 2);
        let replayed = store.replay(id, batch, NOON).expect("an answer");
        assert_eq!(replayed.map(|result| result.counted), Some(2));
    }
    let viewing = |name| {
        let found = store.viewing(post, ViewingKey::Named(name));
        found.expect("an answer")
    };
    assert_eq!((viewing("ann"), viewing("bob")), (None, None));
    let is_name = |record: &Record| matches!(record, Record::Viewer { .. });
    assert!(!export(&*store).iter().any(is_name));
    assert_eq!(counts(&*store, post), (13, 1), "they count all the same");
    assert_consistent(&*store);

    // Of a batch from both before and after, what is after is of a new viewer.
    let mut batch = Batch::new(DedupWindow::NONE);
    for ms in [3, 10, 12] {
        add_read(&mut batch, post, named("ann"), after_noon(ms));
    }
    assert_eq!(write(&*store, &batch).counted, 3);
    let ann = viewing("ann").expect("she was here again");
    assert_eq!((ann.views, ann.first_viewed_at), (1, after_noon(12)));
    assert_eq!(counts(&*store, post), (16, 2));
    assert_consistent(&*store);
}

pub fn where_a_window_decides_the_views_of_a_forgotten_viewer_are_dropped(db: &dyn Database) {
    let store = db.store_with_window(Duration::from_secs(3600));
    let post = create(&*store, "a");
    write(&*store, &reads(post, &named("ann"), &[NOON]));
    assert!(forget(&*store, "ann", after_noon(10)));
    // A repeat, as nobody can tell any more.
    let late = reads(post, &named("ann"), &[after_noon(5), after_noon(6)]);
    assert_eq!(write(&*store, &late).counted, 0);
    assert_eq!(stats(&*store, post).uncounted.get(Reason::Dropped), 2);
    let new = reads(post, &named("ann"), &[after_noon(11), after_noon(12)]);
    assert_eq!(write(&*store, &new).counted, 1);
    assert_eq!(stats(&*store, post).uncounted.get(Reason::Duplicate), 1);
    assert_eq!(counts(&*store, post), (2, 2));
    assert_consistent(&*store);
}

pub fn names_go_with_the_last_viewing(db: &dyn Database) {
    let store = db.store();
    let (a, b) = (create(&*store, "a"), create(&*store, "b"));
    let mut batch = Batch::default();
    for n in 0..4_500 {
        add_read(&mut batch, a, named(&format!("old {n}")), NOON);
    }
    add_read(&mut batch, a, named("ann"), after_noon(DAY));
    add_read(&mut batch, b, named("bob"), after_noon(DAY));
    write(&*store, &batch);
    let mut key = (i64::MIN, i64::MIN);
    while let Some(next) = store.prune_viewings(after_noon(1), key).expect("a step") {
        key = next;
    }
    store.delete(b, None).expect("a deletion");
    let names = || {
        let of = |record| match record {
            Record::Viewer { name, .. } => Some(name),
            _ => None,
        };
        export(&*store).into_iter().filter_map(of).collect()
    };
    let before: Vec<String> = names();
    assert_eq!(before.len(), 4_502);
    let (mut last, mut steps) = (i64::MIN, 1);
    while let Some(next) = store.prune_names(NOON, last).expect("a step") {
        assert!(next > last);
        (last, steps) = (next, steps + 1);
    }
    assert!(steps > 1, "one transaction did everything");
    assert_eq!(names(), ["ann"]);
    assert_eq!(counts(&*store, a), (4_501, 4_501));
    assert_consistent(&*store);

    // That she was forgotten is forgotten, too, when it cannot matter any more.
    assert!(forget(&*store, "ann", after_noon(DAY)));
    let late = reads(a, &named("ann"), &[NOON]);
    store
        .prune_names(after_noon(DAY), i64::MIN)
        .expect("a step");
    write(&*store, &late);
    assert!(names().is_empty());
    store
        .prune_names(after_noon(DAY + 1), i64::MIN)
        .expect("a step");
    write(&*store, &late);
    assert_eq!(names(), ["ann"]);
}
