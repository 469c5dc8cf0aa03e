//! Viewers and what they viewed.

use super::database::Database;
use super::samples::{
    NOON, add_read, after_noon, all_pages, assert_consistent, counts, create, named, reads, write,
};
use crate::model::{Batch, Viewer, ViewingKey};

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
    assert!(store.forget_viewer("ann").expect("an answer"));
    assert!(!store.forget_viewer("ann").expect("an answer"));
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
    write(&*store, &reads(post, &named("ann"), &[NOON]));
    assert_eq!(counts(&*store, post), (4, 3));
    assert_consistent(&*store);
}
