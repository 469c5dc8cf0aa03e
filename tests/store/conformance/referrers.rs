//! The hosts that readers come from.

use super::database::Database;
use super::samples::{NOON, assert_consistent, create, export};
use crate::model::time::DAY;
use crate::model::{PostId, Record, ReferrerViews, TimestampMs};
use crate::store::{SITE, Store};

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
