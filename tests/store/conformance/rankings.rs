//! Lists by period, before and after all posts are ranked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::database::Database;
use super::samples::{NOON, after_noon, all_pages, create, views, write};
use crate::model::time::{DAY, HOUR};
use crate::model::{ListQuery, Period, PostId, TimestampMs};
use crate::store::{CachedStore, Rankings};

/// How long ranking may take before a test fails.
const TIMEOUT: Duration = Duration::from_secs(60);

fn list(
    rankings: &Rankings,
    period: Period,
    filter: &ListQuery,
    limit: usize,
) -> Vec<(PostId, i64)> {
    let page = |paged: &ListQuery| {
        let query = ListQuery {
            limit,
            after: paged.after,
            ..filter.clone()
        };
        rankings.page(period, &query, NOON).expect("a page")
    };
    let posts = all_pages(limit, page);
    posts.iter().map(|post| (post.id, post.views)).collect()
}

pub fn a_large_site_is_listed_before_it_is_ranked(db: &dyn Database) {
    let store = db.store();
    // More rows than a request reads itself, all of them too old for any period.
    let old = create(&*store, "old");
    let mut batch = views(old, after_noon(-400 * DAY), 1);
    for hour in 0..70_000 {
        batch.add_views(old, TimestampMs(hour * HOUR), 1);
    }
    let [a, b, c, gone] = ["a", "b", "c", "gone"].map(|slug| create(&*store, slug));
    for (post, days, n) in [
        (a, 0, 1),
        (a, 20, 9),
        (b, 2, 5),
        (c, 300, 50),
        (gone, 0, 99),
    ] {
        batch.add_views(post, after_noon(-days * DAY), n);
    }
    write(&*store, &batch);
    store.soft_delete(gone, None, NOON).expect("a deletion");
    let store = Arc::new(CachedStore::new(store, 1 << 20));
    let (rankings, refreshes) = Rankings::new(store);
    let any = ListQuery::default();
    let tagged = ListQuery {
        tag: Some("rust".to_owned()),
        ..ListQuery::default()
    };
    let expected = [
        (Period::Day, vec![(a, 1)]),
        (Period::Week, vec![(b, 5), (a, 1)]),
        (Period::Month, vec![(a, 10), (b, 5)]),
        (Period::Year, vec![(c, 50), (a, 10), (b, 5)]),
    ];
    let assert_listed = || {
        for (period, expected) in &expected {
            for limit in [1, 2, 10] {
                for filter in [&any, &tagged] {
                    assert_eq!(list(&rankings, *period, filter, limit), *expected);
                }
            }
        }
    };
    assert_listed();
    assert!(!rankings.is_ranked());
    std::thread::scope(|scope| {
        scope.spawn(|| rankings.run(&refreshes, || NOON));
        let start = Instant::now();
        while !rankings.is_ranked() {
            assert!(start.elapsed() < TIMEOUT, "it is not ranked");
            std::thread::yield_now();
        }
        rankings.close();
    });
    assert_listed();
}
