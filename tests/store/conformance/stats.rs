//! Statistics by hour, and the ranking of posts.

use std::num::NonZeroI64;

use super::database::Database;
use super::samples::{NOON, after_noon, create, views, write};
use crate::model::time::HOUR;
use crate::model::{Batch, PostKey, Rank, SITE, TimestampMs};

pub fn unknown_posts_have_no_numbers(db: &dyn Database) {
    let store = db.store();
    assert_eq!(store.tally(PostKey::Id(1)).expect("an answer"), None);
    assert_eq!(store.tally(PostKey::Slug("x")).expect("an answer"), None);
    let site = store.site_stats().expect("numbers");
    assert_eq!(
        (site.views, site.viewers, site.uncounted.total()),
        (0, 0, 0)
    );
    assert_eq!(store.hours(SITE, None).expect("hours"), []);
    assert_eq!(store.views_since(1, NOON).expect("views"), 0);
}

pub fn hours_begin_where_asked(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    for (hour, n) in [(-2, 1), (0, 10), (3, 100)] {
        write(&*store, &views(post, after_noon(hour * HOUR), n));
    }
    let hour = |n: i64| NOON.0 + n * HOUR;
    for asked in [post, SITE] {
        let all = store.hours(asked, None).expect("hours");
        assert_eq!(all, [(hour(-2), 1), (hour(0), 10), (hour(3), 100)]);
        // From the hour that the moment lies in.
        let some = store
            .hours(asked, Some(after_noon(HOUR - 1)))
            .expect("hours");
        assert_eq!(some, [(hour(0), 10), (hour(3), 100)]);
        assert_eq!(
            store
                .views_since(asked, after_noon(HOUR - 1))
                .expect("views"),
            110
        );
        assert_eq!(
            store.views_since(asked, after_noon(HOUR)).expect("views"),
            100
        );
    }
}

pub fn hours_end_where_asked(db: &dyn Database) {
    let store = db.store();
    assert_eq!(store.first_hour(SITE).expect("an answer"), None);
    let post = create(&*store, "a");
    for (hour, n) in [(-2, 1), (0, 10), (3, 100)] {
        write(&*store, &views(post, after_noon(hour * HOUR), n));
    }
    let at = |n: i64| after_noon(n * HOUR);
    for asked in [post, SITE] {
        let between =
            |from: i64, to: i64| store.hours_between(asked, at(from)..at(to)).expect("hours");
        assert_eq!(between(-2, 3), [(at(-2).0, 1), (at(0).0, 10)]);
        assert_eq!(between(-1, 4), [(at(0).0, 10), (at(3).0, 100)]);
        assert_eq!(between(4, 9), []);
        let sum = |from: i64, to: i64| store.views_between(asked, at(from)..at(to)).expect("views");
        assert_eq!((sum(-2, 3), sum(-1, 4), sum(4, 9)), (11, 110, 0));
        assert_eq!(store.first_hour(asked).expect("an answer"), Some(at(-2)));
    }
}

pub fn steps_are_counted_from_the_start_of_the_time(db: &dyn Database) {
    let store = db.store();
    let (a, b, c) = (
        create(&*store, "a"),
        create(&*store, "b"),
        create(&*store, "c"),
    );
    for (post, hour, n) in [
        (a, 0, 1),
        (a, 1, 10),
        (a, 2, 100),
        (b, 5, 7),
        (b, 6, 50),
        (c, 1, 3),
    ] {
        write(&*store, &views(post, after_noon(hour * HOUR), n));
    }
    let step = NonZeroI64::new(2 * HOUR).expect("a step");
    let time = NOON..after_noon(6 * HOUR);
    let mut steps = store.views_by_step(&[a, b], time, step).expect("steps");
    steps.sort_unstable();
    assert_eq!(steps, [(a, 0, 11), (a, 1, 100), (b, 2, 7)]);
    let none = store.views_by_step(&[], NOON..after_noon(1), step);
    assert_eq!(none.expect("steps"), []);
}

pub fn some_posts_have_views_since_an_hour(db: &dyn Database) {
    let store = db.store();
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|slug| create(&*store, slug));
    for (post, hour, n) in [
        (a, -1, 9),
        (a, 0, 1),
        (a, 2, 10),
        (b, -1, 7),
        (c, 5, 3),
        (d, 1, 4),
    ] {
        write(&*store, &views(post, after_noon(hour * HOUR), n));
    }
    // From the hour that the moment lies in.
    let mut since = store
        .views_of(&[c, b, a], after_noon(HOUR - 1))
        .expect("views");
    since.sort_unstable();
    assert_eq!(since, [(a, 11), (c, 3)]);
    assert_eq!(store.views_of(&[], NOON).expect("views"), []);
}

pub fn ranks_are_of_each_period(db: &dyn Database) {
    let store = db.store();
    let [a, b, c] = ["a", "b", "c"].map(|slug| create(&*store, slug));
    create(&*store, "never viewed");
    let mut batch = views(a, NOON, 5);
    batch.add_views(b, NOON, 1);
    batch.add_views(b, after_noon(HOUR), 3);
    batch.add_views(c, after_noon(HOUR), 3);
    write(&*store, &batch);
    let since = [TimestampMs(0), after_noon(HOUR), after_noon(2 * HOUR)];
    let ranked = store
        .rank(&since, 2, &|| true)
        .expect("ranks")
        .expect("an end");
    let rank = |post, views| Rank { views, post };
    assert_eq!(
        ranked.lists,
        [
            vec![rank(a, 5), rank(b, 4)],
            vec![rank(c, 3), rank(b, 3)],
            vec![]
        ]
    );
    // The site's hours are no post's.
    assert_eq!(ranked.rows, 4);
}

pub fn a_ranking_can_be_stopped(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let mut batch = Batch::default();
    for hour in 0..70_000 {
        batch.add_views(post, TimestampMs(hour * HOUR), 1);
    }
    write(&*store, &batch);
    let since = [TimestampMs(0)];
    assert!(
        store
            .rank(&since, 1, &|| false)
            .expect("an answer")
            .is_none()
    );
    let ranked = store
        .rank(&since, 1, &|| true)
        .expect("ranks")
        .expect("an end");
    assert_eq!(
        ranked.lists,
        [[Rank {
            views: 70_000,
            post
        }]]
    );
}
