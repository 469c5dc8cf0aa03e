//! Statistics by hour, and the ranking of posts.

use super::database::Database;
use super::samples::{NOON, after_noon, create, views, write};
use crate::model::time::HOUR;
use crate::model::{Batch, PostKey, Rank, TimestampMs};
use crate::store::SITE;

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
