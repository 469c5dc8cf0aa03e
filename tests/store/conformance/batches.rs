//! Batches: what they count, and where.

use super::database::Database;
use super::samples::{
    NOON, add_read, after_noon, assert_consistent, counts, create, export, named, stats, views,
    write,
};
use crate::model::time::{DAY, HOUR};
use crate::model::{Batch, PostKey, Reason, Record, SITE, Viewer};
use crate::sink::PostTotals;

pub fn a_batch_counts_views_hours_and_site(db: &dyn Database) {
    let store = db.store();
    let (a, b) = (create(&*store, "a"), create(&*store, "b"));
    let mut batch = views(a, NOON, 3);
    batch.add_views(a, after_noon(HOUR), 1);
    batch.add_views(b, after_noon(5), 2);
    add_read(&mut batch, b, named("ann"), after_noon(HOUR));
    write(&*store, &batch);
    assert_eq!(counts(&*store, a), (4, 0));
    assert_eq!(counts(&*store, b), (3, 1));
    let next = NOON.0 + HOUR;
    assert_eq!(
        store.hours(a, None).expect("hours"),
        [(NOON.0, 3), (next, 1)]
    );
    assert_eq!(
        store.hours(b, None).expect("hours"),
        [(NOON.0, 2), (next, 1)]
    );
    assert_eq!(
        store.hours(SITE, None).expect("hours"),
        [(NOON.0, 5), (next, 2)]
    );
    let site = store.site_stats().expect("numbers");
    assert_eq!(
        (site.views, site.viewers, site.uncounted.total()),
        (7, 1, 0)
    );
    let post = store
        .post(PostKey::Id(b))
        .expect("an answer")
        .expect("a post");
    assert_eq!((post.views, post.viewers), (3, 1));
    assert_consistent(&*store);
}

pub fn events_of_a_missing_post_are_dropped(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let mut batch = views(999, NOON, 3);
    add_read(&mut batch, 999, named("ann"), NOON);
    batch.add_uncounted(999, NOON, Reason::Bot, 5);
    batch.add_views(post, NOON, 1);
    let result = write(&*store, &batch);
    assert_eq!(
        (
            result.counted,
            result.uncounted.dropped,
            result.uncounted.bot
        ),
        (1, 4, 5)
    );
    let site = store.site_stats().expect("numbers");
    assert_eq!((site.views, site.uncounted), (1, result.uncounted));
    assert_eq!(stats(&*store, post).uncounted.total(), 0);
    assert_eq!(
        store
            .seen_by("ann", None, 9)
            .expect("an answer")
            .map_or(0, |page| page.items.len()),
        0
    );
    assert_consistent(&*store);
}

pub fn uncounted_events_keep_their_reason_and_day(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    for _ in 0..2 {
        let mut batch = Batch::default();
        for (n, reason) in (1..).zip(Reason::ALL) {
            batch.add_uncounted(post, NOON, reason, n);
        }
        batch.add_uncounted(post, after_noon(DAY), Reason::Bot, 100);
        let result = write(&*store, &batch);
        assert_eq!((result.counted, result.uncounted.total()), (0, 115));
        assert_eq!(result.totals, []);
    }
    let uncounted = stats(&*store, post).uncounted;
    assert_eq!(
        Reason::ALL.map(|reason| uncounted.get(reason)),
        [2, 204, 6, 8, 10]
    );
    let days: Vec<(i64, i64)> = export(&*store)
        .into_iter()
        .filter_map(|record| match record {
            Record::Uncounted {
                day, reason, count, ..
            } if reason == "bot" => Some((day, count)),
            _ => None,
        })
        .collect();
    let day = NOON.day().0;
    assert_eq!(days, [(day, 4), (day + DAY, 200)]);
}

pub fn a_batch_returns_the_new_totals(db: &dyn Database) {
    let store = db.store();
    let (a, b) = (create(&*store, "a"), create(&*store, "b"));
    write(&*store, &views(a, NOON, 3));
    let mut batch = views(a, NOON, 2);
    add_read(&mut batch, b, Viewer::Anonymous(-5), NOON);
    let mut result = write(&*store, &batch);
    result.totals.sort_by_key(|totals| totals.post);
    let totals = |post, views, viewers| PostTotals {
        post,
        views,
        viewers,
    };
    assert_eq!(result.totals, [totals(a, 5, 0), totals(b, 1, 1)]);
    assert_eq!((result.counted, result.uncounted.total()), (3, 0));
}

pub fn an_empty_batch_changes_nothing(db: &dyn Database) {
    let store = db.store();
    create(&*store, "a");
    let before = export(&*store);
    let result = write(&*store, &Batch::default());
    assert_eq!((result.counted, result.totals.len()), (0, 0));
    assert_eq!(export(&*store), before);
}

pub fn a_large_batch_is_applied_whole(db: &dyn Database) {
    const POSTS: i64 = 300;
    const VIEWERS: i64 = 10;
    let store = db.store();
    let ids: Vec<i64> = (0..POSTS)
        .map(|n| create(&*store, &format!("p{n}")))
        .collect();
    let mut batch = Batch::default();
    for &id in &ids {
        batch.add_views(id, NOON, 2);
        for n in 0..VIEWERS {
            let viewer = match n % 2 {
                0 => named(&format!("v{n}")),
                _ => Viewer::Anonymous(-1 - n),
            };
            add_read(&mut batch, id, viewer, after_noon(n * HOUR));
        }
    }
    let result = write(&*store, &batch);
    assert_eq!(result.counted, batch.events());
    assert_eq!(result.totals.len(), ids.len());
    for id in ids {
        assert_eq!(counts(&*store, id), (2 + VIEWERS, VIEWERS));
    }
    assert_consistent(&*store);
}
