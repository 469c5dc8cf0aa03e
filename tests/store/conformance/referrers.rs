//! The hosts that readers come from.

use super::database::Database;
use super::samples::{NOON, after_noon, assert_consistent, create, export};
use crate::model::time::DAY;
use crate::model::{PostId, Record, ReferrerViews, SITE, TimestampMs};
use crate::store::Store;

fn add(store: &dyn Store, rows: &[(PostId, i64, &str, i64)]) {
    let row = |&(post, days, host, views): &(PostId, i64, &str, i64)| ReferrerViews {
        post,
        day: NOON.day().0 + days * DAY,
        host: host.to_owned(),
        views,
    };
    let rows: Vec<ReferrerViews> = rows.iter().map(row).collect();
    store.add_referrers(&rows).expect("rows");
}

fn top(store: &dyn Store, post: PostId, days: std::ops::Range<i64>) -> Vec<(String, i64)> {
    let at = |days: i64| TimestampMs(NOON.day().0 + days * DAY);
    store
        .referrers(post, at(days.start)..at(days.end), 1_000)
        .expect("hosts")
}

fn host(name: &str, views: i64) -> (String, i64) {
    (name.to_owned(), views)
}

pub fn hosts_add_up_by_post_and_day(db: &dyn Database) {
    let store = db.store();
    let (a, b) = (create(&*store, "a"), create(&*store, "b"));
    add(
        &*store,
        &[
            (a, 0, "x.example", 2),
            (a, 1, "x.example", 1),
            (b, 0, "y.example", 5),
        ],
    );
    add(&*store, &[(a, 0, "x.example", 1), (a, 0, "y.example", 1)]);
    assert_eq!(
        top(&*store, a, 0..1),
        [host("x.example", 3), host("y.example", 1)]
    );
    assert_eq!(
        top(&*store, a, 0..2),
        [host("x.example", 4), host("y.example", 1)]
    );
    assert_eq!(
        top(&*store, SITE, 0..2),
        [host("y.example", 6), host("x.example", 4)]
    );
    let kept = export(&*store)
        .into_iter()
        .filter(|record| matches!(record, Record::Referrer { .. }));
    assert_eq!(kept.count(), 7);
    store.delete(a, None).expect("a deletion");
    assert_eq!(top(&*store, a, 0..2), []);
    assert_consistent(&*store);
}

pub fn of_many_hosts_the_rest_has_no_name(db: &dyn Database) {
    let store = db.store();
    let a = create(&*store, "a");
    let names: Vec<String> = (0..200)
        .map(|number| format!("h{number}.example"))
        .collect();
    let rows: Vec<(PostId, i64, &str, i64)> =
        names.iter().map(|name| (a, 0, name.as_str(), 1)).collect();
    add(&*store, &rows);
    add(&*store, &[(a, 0, "h3.example", 1)]);
    let hosts = top(&*store, a, 0..1);
    assert_eq!(hosts.len(), 51);
    assert_eq!(
        (&hosts[0], &hosts[1]),
        (&host("", 150), &host("h3.example", 2))
    );
    assert_eq!(hosts.iter().map(|(_, views)| views).sum::<i64>(), 201);
    assert_eq!(top(&*store, SITE, 0..1).len(), 200);
}

pub fn a_post_that_goes_for_good_takes_its_hosts_along(db: &dyn Database) {
    let store = db.store();
    let [a, b, c] = ["a", "b", "c"].map(|slug| create(&*store, slug));
    add(
        &*store,
        &[
            (a, 0, "x.example", 3),
            (a, 0, "y.example", 1),
            (a, 1, "x.example", 4),
            (b, 0, "x.example", 2),
            (b, 2, "z.example", 7),
            (c, 0, "z.example", 1),
        ],
    );
    // While it can be brought back, all stays.
    store.soft_delete(a, None, NOON).expect("a deletion");
    assert_eq!(
        top(&*store, SITE, 0..2),
        [
            host("x.example", 9),
            host("y.example", 1),
            host("z.example", 1)
        ]
    );
    assert!(store.purge_deleted(after_noon(DAY)).expect("a step"));
    assert_eq!(
        top(&*store, SITE, 0..2),
        [host("x.example", 2), host("z.example", 1)]
    );
    store.delete(b, None).expect("a deletion");
    assert_eq!(top(&*store, SITE, 0..3), [host("z.example", 1)]);
    assert_consistent(&*store);
}

/// Hosts that a post does not know by name, the site may, and the other way round.
pub fn hosts_without_a_name_go_with_their_post_too(db: &dyn Database) {
    let store = db.store();
    let [a, b, c] = ["a", "b", "c"].map(|slug| create(&*store, slug));
    let names: Vec<String> = (0..600)
        .map(|number| format!("h{number:03}.example"))
        .collect();
    let one_each = |post: PostId, names: &[String]| {
        let rows: Vec<(PostId, i64, &str, i64)> = names
            .iter()
            .map(|name| (post, 0, name.as_str(), 1))
            .collect();
        add(&*store, &rows);
    };
    add(&*store, &[(b, 0, "x.example", 9)]);
    one_each(a, &names);
    assert_eq!(top(&*store, SITE, 0..1).len(), 501);
    // No longer by name on the site.
    add(&*store, &[(c, 0, "y.example", 5)]);
    store.delete(c, None).expect("a deletion");
    let site = top(&*store, SITE, 0..1);
    assert_eq!(site[..2], [host("", 101), host("x.example", 9)]);
    assert_consistent(&*store);
    store.delete(a, None).expect("a deletion");
    assert_eq!(top(&*store, SITE, 0..1), [host("x.example", 9)]);
    assert_consistent(&*store);
}

/// What was noted while the post was being deleted is written later.
pub fn a_missing_post_has_no_hosts(db: &dyn Database) {
    let store = db.store();
    let [a, b] = ["a", "b"].map(|slug| create(&*store, slug));
    store.delete(a, None).expect("a deletion");
    store.soft_delete(b, None, NOON).expect("a deletion");
    let rows = [(a, 0, "x.example", 3), (b, 0, "x.example", 1)];
    add(&*store, &rows);
    assert_eq!(top(&*store, a, 0..1), []);
    assert_eq!(top(&*store, b, 0..1), [host("x.example", 1)]);
    assert_eq!(top(&*store, SITE, 0..1), [host("x.example", 1)]);
    assert_consistent(&*store);
}
