//! Sums that do not match their rows: found and repaired.

use std::ops::ControlFlow;
use std::time::Duration;

use super::database::Database;
use super::samples::{
    NOON, after_noon, assert_consistent, counts, create, findings, forget, named, reads, stats,
    views, write,
};
use crate::model::time::{DAY, HOUR};
use crate::model::{
    Checked, Inconsistency, PageAddress, PostId, PostKey, Reason, ReferrerViews, SITE, TimestampMs,
};

pub fn a_store_in_use_is_consistent(db: &dyn Database) {
    let store = db.store();
    assert_consistent(&*store);
    let (a, b) = (create(&*store, "a"), create(&*store, "b"));
    write(&*store, &views(a, NOON, 3));
    write(&*store, &reads(b, &named("ann"), &[NOON, after_noon(HOUR)]));
    store
        .correct(a, Some(100), Some(1), "moved", NOON)
        .expect("a correction");
    forget(&*store, "ann", NOON);
    store.delete(a, None).expect("a deletion");
    assert_consistent(&*store);
    assert_eq!(findings(&*store, true), []);
}

pub fn every_damage_is_found_and_repaired(db: &dyn Database) {
    let store = db.store();
    let [a, b, c] = ["a", "b", "c"].map(|slug| create(&*store, slug));
    write(&*store, &views(a, NOON, 3));
    write(&*store, &reads(b, &named("ann"), &[NOON]));
    write(&*store, &reads(c, &named("bob"), &[NOON]));
    db.execute(&format!("UPDATE counts SET views = 99 WHERE post = {a}"));
    db.execute(&format!("DELETE FROM counts WHERE post = {b}"));
    db.execute("DELETE FROM viewers WHERE name = 'bob'");
    db.execute("INSERT INTO hourly_views (post, hour, views) VALUES (999, 0, 5)");
    db.execute(&format!(
        "UPDATE hourly_views SET views = 50 WHERE post = {SITE}"
    ));
    db.execute(&format!(
        "INSERT INTO ledger (post, day, reason, count) VALUES ({a}, 0, 'mystery', 4)"
    ));
    let found = findings(&*store, false);
    let expected = [
        Inconsistency::Orphans {
            table: "hourly_views",
            post: 999,
            rows: 1,
        },
        Inconsistency::NoNumbers {
            post: b,
            slug: "b".to_owned(),
        },
        Inconsistency::NoReason {
            post: a,
            reason: "mystery".to_owned(),
            count: 4,
        },
        Inconsistency::Total {
            post: a,
            slug: "a".to_owned(),
            what: "views",
            is: 99,
            rows: 3,
        },
        Inconsistency::SiteHour {
            hour: TimestampMs(0),
            is: 0,
            rows: 5,
        },
        Inconsistency::SiteHour {
            hour: NOON,
            is: 50,
            rows: 5,
        },
        Inconsistency::Site {
            what: "views",
            is: 5,
            rows: 100,
        },
        Inconsistency::Site {
            what: "viewers",
            is: 2,
            rows: 1,
        },
    ];
    for finding in &expected {
        assert!(found.contains(finding), "{finding:?} is not in {found:?}");
    }
    let is_nameless =
        |found: &&Inconsistency| matches!(found, Inconsistency::Nameless { rows: 1, .. });
    assert_eq!(found.iter().filter(is_nameless).count(), 1);
    assert_eq!(found.len(), expected.len() + 1);

    assert_eq!(findings(&*store, true), found);
    assert_consistent(&*store);
    assert_eq!(
        [a, b, c].map(|post| counts(&*store, post)),
        [(3, 0), (1, 1), (1, 1)]
    );
    assert_eq!(stats(&*store, a).uncounted.get(Reason::Dropped), 4);
    assert_eq!(store.hours(SITE, None).expect("hours"), [(NOON.0, 5)]);
}

pub fn rows_that_cannot_be_are_found_and_repaired(db: &dyn Database) {
    let store = db.store_with_window(Duration::from_secs(3600));
    let [a, b] = ["a", "b"].map(|slug| create(&*store, slug));
    write(&*store, &reads(a, &named("ann"), &[NOON, after_noon(HOUR)]));
    write(&*store, &views(b, NOON, 3));
    for rows in [
        format!(
            "viewings (post, viewer, first, last, views, counted_at) VALUES ({b}, -7, 5, 4, -1, 0)"
        ),
        format!("ledger (post, day, reason, count) VALUES ({b}, 0, 'bot', -5)"),
        format!(
            "hourly_views (post, hour, views) VALUES ({b}, {}, 1)",
            i64::MAX
        ),
        format!("counted_windows (post, viewer, start) VALUES ({a}, -9, 0)"),
    ] {
        db.execute(&format!("INSERT INTO {rows}"));
    }
    db.execute(&format!("UPDATE viewings SET views = 1 WHERE post = {a}"));
    db.execute(&format!("UPDATE counts SET trend = -7.5 WHERE post = {a}"));
    let found = findings(&*store, false);
    let impossible = |table, column, least| Inconsistency::Impossible {
        table,
        column,
        post: b,
        rows: 1,
        least,
        greatest: least,
    };
    for finding in [
        impossible("viewings", "views", -1),
        impossible("ledger", "count", -5),
        impossible("hourly_views", "hour", i64::MAX),
        Inconsistency::Backward { post: b, rows: 1 },
        Inconsistency::FewViews { post: a, rows: 1 },
        Inconsistency::Unviewed { post: a, rows: 1 },
    ] {
        assert!(found.contains(&finding), "{finding:?} is not in {found:?}");
    }
    let is_trend =
        |found: &&Inconsistency| matches!(found, Inconsistency::Trend { post, .. } if *post == a);
    assert_eq!(found.iter().filter(is_trend).count(), 1);
    assert_eq!(findings(&*store, true), found);
    assert_consistent(&*store);
    assert_eq!([a, b].map(|post| counts(&*store, post)), [(2, 1), (3, 1)]);
    assert_eq!(stats(&*store, b).uncounted.total(), 0);
}

pub fn hosts_that_do_not_add_up_are_found_and_repaired(db: &dyn Database) {
    let store = db.store();
    let [a, b] = ["a", "b"].map(|slug| create(&*store, slug));
    let day = NOON.day();
    let row = |post, host: &str, views| ReferrerViews {
        post,
        day: day.0,
        host: host.to_owned(),
        views,
    };
    store
        .add_referrers(&[
            row(a, "x.example", 3),
            row(a, "y.example", 2),
            row(b, "x.example", 1),
        ])
        .expect("rows");
    assert_consistent(&*store);
    for values in [
        format!("999, {}, 'x.example', 5", day.0),
        format!("{a}, {}, 'z.example', -2", day.0),
        format!("{b}, {}, 'https://z.example/secret', 2", day.0),
        format!("{b}, {}, 'x.example', 4", i64::MAX),
    ] {
        db.execute(&format!(
            "INSERT INTO referrers (post, day, host, views) VALUES ({values})"
        ));
    }
    db.execute(&format!(
        "UPDATE referrers SET views = 70 WHERE post = {SITE} AND host = 'y.example'"
    ));
    let found = findings(&*store, false);
    let impossible = |column, post, number| Inconsistency::Impossible {
        table: "referrers",
        column,
        post,
        rows: 1,
        least: number,
        greatest: number,
    };
    assert_eq!(
        found,
        [
            Inconsistency::Orphans {
                table: "referrers",
                post: 999,
                rows: 1
            },
            impossible("day", b, i64::MAX),
            impossible("views", a, -2),
            Inconsistency::NoHost {
                host: "https://z.example/secret".to_owned(),
                rows: 1
            },
            Inconsistency::SiteReferrers {
                day,
                is: 74,
                rows: 11
            },
            Inconsistency::SiteReferrers {
                day: TimestampMs(i64::MAX),
                is: 0,
                rows: 4
            },
        ]
    );
    assert_eq!(findings(&*store, true), found);
    assert_consistent(&*store);
    let next = TimestampMs(day.0 + DAY);
    let hosts = store.referrers(SITE, day..next, 10).expect("hosts");
    let hosts: Vec<(&str, i64)> = hosts.iter().map(|(host, n)| (host.as_str(), *n)).collect();
    assert_eq!(hosts, [("x.example", 4), ("", 2), ("y.example", 2)]);
}

/// A site keeps so many hosts of a day by name, after a repair, too.
pub fn many_hosts_are_summed_up_again(db: &dyn Database) {
    let store = db.store();
    let day = NOON.day();
    let mut rows = Vec::new();
    for number in 0..12 {
        let post = create(&*store, &format!("p{number}"));
        rows.extend((0..50).map(|host| ReferrerViews {
            post,
            day: day.0,
            host: format!("h{number}-{host}.example"),
            views: 1 + host,
        }));
    }
    store.add_referrers(&rows).expect("rows");
    assert_consistent(&*store);
    db.execute(&format!(
        "DELETE FROM referrers WHERE post = {SITE} AND host = ''"
    ));
    assert_eq!(findings(&*store, true).len(), 1);
    assert_consistent(&*store);
    let next = TimestampMs(day.0 + DAY);
    let hosts = store.referrers(SITE, day..next, 1_000).expect("hosts");
    assert_eq!(hosts.len(), 501);
    // The twelve posts' hosts of one to eight views, and four of nine, have lost their names.
    assert_eq!(hosts[0], (String::new(), 12 * 36 + 4 * 9));
}

pub fn addresses_by_which_no_post_is_found_are_found_and_repaired(db: &dyn Database) {
    let store = db.store();
    let posts: Vec<PostId> = (0..6)
        .map(|number| create(&*store, &format!("p{number}")))
        .collect();
    let stored = [
        "example.org/a",
        "Example.org/a/",
        "https://example.org/b%20c",
        "/d/",
        "not an address",
        "example.org/안녕",
    ];
    for (post, address) in posts.iter().zip(stored) {
        db.execute(&format!(
            "UPDATE posts SET address = '{address}' WHERE id = {post}"
        ));
    }
    let wrong = |number: usize, normal: Option<&str>| Inconsistency::Address {
        post: posts[number],
        slug: format!("p{number}"),
        is: stored[number].to_owned(),
        normal: normal.map(str::to_owned),
    };
    let expected = [
        wrong(1, Some("example.org/a")),
        wrong(2, Some("example.org/b c")),
        wrong(3, Some("/d")),
        wrong(4, None),
    ];
    assert_eq!(findings(&*store, false), expected);
    assert_eq!(findings(&*store, true), expected);
    assert_consistent(&*store);
    let page = |url: &str| {
        let page = PageAddress::parse(url).expect("an address");
        store.find_page(&page).expect("an answer")
    };
    assert_eq!(page("https://example.org/a/"), Some(posts[0]));
    assert_eq!(page("https://example.org/b%20c"), Some(posts[2]));
    assert_eq!(page("https://any.example/d/"), Some(posts[3]));
    // What another post has, and what is none, is of nobody.
    let has_address = |&&post: &&PostId| {
        let found = store.post(PostKey::Id(post)).expect("an answer");
        found.expect("a post").address.is_some()
    };
    assert_eq!(posts.iter().filter(has_address).count(), 4);
}

pub fn what_no_row_tells_how_to_mend_is_left(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    write(&*store, &reads(post, &named("ann"), &[NOON]));
    db.execute("UPDATE viewings SET views = 5");
    let wrong = Inconsistency::MoreViewed {
        post,
        slug: "a".to_owned(),
        viewed: 5,
        hours: 1,
    };
    db.execute("UPDATE counts SET views = 7");
    let mut told = Vec::new();
    let checked = store.check(true, &mut |finding| {
        told.push(finding);
        ControlFlow::Continue(())
    });
    // The post's number, and the site's that goes by it.
    assert_eq!(checked.expect("a check"), Checked { found: 3, left: 1 });
    assert_eq!(told[0], wrong);
    assert_eq!(told[3..], [Inconsistency::Left(Box::new(wrong.clone()))]);
    assert_eq!(findings(&*store, false), [wrong]);
    assert_eq!(counts(&*store, post), (1, 1));
}

pub fn findings_can_be_stopped(db: &dyn Database) {
    let store = db.store();
    for slug in ["a", "b", "c"] {
        let post = create(&*store, slug);
        write(&*store, &views(post, NOON, 1));
    }
    db.execute("UPDATE counts SET views = 7");
    for (repair, wanted) in [(false, 2), (true, 1)] {
        let mut told = 0;
        let checked = store.check(repair, &mut |_| {
            told += 1;
            match told {
                n if n == wanted => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        assert_eq!((checked.expect("a check").found, told), (4, wanted));
    }
    assert_consistent(&*store);
}
