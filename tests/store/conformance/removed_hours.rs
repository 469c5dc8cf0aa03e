//! Hours taken out of a post's views, and put back.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::database::Database;
use super::samples::{
    NOON, after_noon, assert_consistent, counts, create, export, findings, listed, named, reads,
    views, write,
};
use crate::model::time::{DAY, HOUR};
use crate::model::{
    Correction, HourRange, Inconsistency, ListQuery, PostId, Record, SITE, Sort, TimestampMs,
};
use crate::store::{Store, StoreError};

/// The hours after noon from one number up to another.
fn hours(from: i64, to: i64) -> HourRange {
    HourRange::new(after_noon(from * HOUR), after_noon(to * HOUR)).expect("some hours")
}

fn take_out(store: &dyn Store, post: PostId, hours: HourRange) -> Option<Correction> {
    let taken = store.take_out(post, hours, "a crawler", NOON);
    taken.expect("an answer")
}

fn take_back(store: &dyn Store, post: PostId, id: i64) -> Option<Correction> {
    store.take_back(post, id, NOON).expect("an answer")
}

/// A post with ten views in each of four hours from noon on, all of one viewer.
fn post_with_hours(store: &dyn Store, slug: &str) -> PostId {
    let post = create(store, slug);
    for hour in 0..4 {
        let at: Vec<TimestampMs> = (0..10).map(|n| after_noon(hour * HOUR + n)).collect();
        write(store, &reads(post, &named("ann"), &at));
    }
    post
}

fn by_hour(store: &dyn Store, post: PostId) -> Vec<(i64, i64)> {
    let rows = store.hours(post, None).expect("hours").into_iter();
    rows.map(|(hour, views)| ((hour - NOON.0) / HOUR, views))
        .collect()
}

pub fn hours_are_taken_out_and_come_back(db: &dyn Database) {
    let store = db.store();
    let (a, b) = (post_with_hours(&*store, "a"), create(&*store, "b"));
    write(&*store, &views(b, after_noon(HOUR), 15));
    let before = export(&*store);
    let taken = take_out(&*store, a, hours(1, 3)).expect("there are views");
    assert_eq!((taken.views, taken.viewers), (-20, 0));
    assert_eq!((taken.hours, taken.takes_back), (Some(hours(1, 3)), None));
    assert_eq!(counts(&*store, a), (20, 1), "the viewer is still known");
    assert_eq!(by_hour(&*store, a), [(0, 10), (3, 10)]);
    assert_eq!(by_hour(&*store, SITE), [(0, 10), (1, 15), (3, 10)]);
    assert_eq!(store.site_stats().expect("numbers").views, 35);
    assert_consistent(&*store);

    let back = take_back(&*store, a, taken.id).expect("it was taken out");
    assert_eq!((back.views, back.takes_back), (20, Some(taken.id)));
    assert_eq!(back.reason, "a crawler");
    assert_eq!(counts(&*store, a), (40, 1));
    assert_consistent(&*store);
    let list = store.corrections(a, None, 9).expect("a list").items;
    let undone = Correction {
        taken_back_by: Some(back.id),
        ..taken
    };
    assert_eq!(list, [back, undone]);
    // Nothing else is otherwise than it was.
    let rest = |records: Vec<Record>| -> Vec<Record> {
        let stays = |record: &Record| {
            let has_more = matches!(
                record,
                Record::Correction { .. } | Record::Numbers { .. } | Record::End { .. }
            );
            !has_more
        };
        let mut rest: Vec<Record> = records.into_iter().filter(stays).collect();
        for record in &mut rest {
            if let Record::Post(post) = record {
                post.trend = (post.trend * 1e6).round();
            }
        }
        rest
    };
    assert_eq!(rest(export(&*store)), rest(before));
}

pub fn what_is_taken_out_no_longer_ranks(db: &dyn Database) {
    let store = db.store();
    let (a, b) = (post_with_hours(&*store, "a"), create(&*store, "b"));
    write(&*store, &views(b, after_noon(HOUR), 15));
    let order = |sort| {
        let query = ListQuery {
            sort,
            ..ListQuery::default()
        };
        listed(&*store, &query, 9)
    };
    let ranked = || {
        let ranks = store.rank(&[NOON], 9, &|| true).expect("ranks");
        let ranks = ranks.expect("it went on").lists.remove(0);
        ranks.into_iter().map(|rank| rank.post).collect::<Vec<_>>()
    };
    assert_eq!(order(Sort::Trending), ["a", "b"]);
    let taken = take_out(&*store, a, hours(0, 3)).expect("there are views");
    for sort in [Sort::Trending, Sort::Views] {
        assert_eq!(order(sort), ["b", "a"]);
    }
    assert_eq!(ranked(), [b, a]);
    take_out(&*store, a, hours(-100, 100)).expect("there are views");
    assert_eq!(counts(&*store, a).0, 0);
    assert_eq!(order(Sort::Trending), ["b", "a"]);
    assert_eq!(ranked(), [b]);
    take_back(&*store, a, taken.id).expect("it was taken out");
    for sort in [Sort::Trending, Sort::Views] {
        assert_eq!(order(sort), ["a", "b"]);
    }
    assert_eq!(ranked(), [a, b]);
    assert_consistent(&*store);
}

pub fn a_second_range_takes_what_is_left(db: &dyn Database) {
    let store = db.store();
    let post = post_with_hours(&*store, "a");
    let first = take_out(&*store, post, hours(0, 2)).expect("there are views");
    // Counted later for an hour that was taken out.
    write(&*store, &views(post, after_noon(HOUR), 3));
    assert_eq!(counts(&*store, post).0, 23);
    let second = take_out(&*store, post, hours(1, 3)).expect("there are views");
    assert_eq!(second.views, -13);
    assert_eq!(take_out(&*store, post, hours(0, 3)), None);
    assert_eq!(by_hour(&*store, post), [(3, 10)]);
    assert_consistent(&*store);
    take_back(&*store, post, first.id).expect("it was taken out");
    assert_eq!(by_hour(&*store, post), [(0, 10), (1, 10), (3, 10)]);
    take_back(&*store, post, second.id).expect("it was taken out");
    assert_eq!(by_hour(&*store, post), [(0, 10), (1, 13), (2, 10), (3, 10)]);
    assert_eq!(counts(&*store, post).0, 43);
    assert_consistent(&*store);
}

pub fn what_is_not_there_changes_nothing(db: &dyn Database) {
    let store = db.store();
    let (a, b) = (post_with_hours(&*store, "a"), create(&*store, "b"));
    store
        .correct(b, Some(5), None, "moved", NOON)
        .expect("a correction");
    let set = store.corrections(b, None, 1).expect("a list").items[0].id;
    let taken = take_out(&*store, a, hours(0, 1)).expect("there are views");
    let back = take_back(&*store, a, taken.id).expect("it was taken out");
    let before = export(&*store);
    assert_eq!(take_out(&*store, b, hours(0, 4)), None, "no hour has any");
    assert_eq!(take_out(&*store, a, hours(4, 9)), None);
    assert_eq!(take_back(&*store, b, taken.id), None, "another post's");
    assert_eq!(take_back(&*store, b, set), None, "no hours");
    assert_eq!(take_back(&*store, a, back.id), None, "took none out");
    assert_eq!(take_back(&*store, a, 99), None);
    assert_eq!(take_back(&*store, a, taken.id), Some(back), "once only");
    let nobody = store.take_out(99, hours(0, 1), "x", NOON);
    assert!(matches!(nobody, Err(StoreError::NoSuchPost)), "{nobody:?}");
    assert_eq!(export(&*store), before);
}

pub fn a_number_set_below_its_hours_does_not_go_below_zero(db: &dyn Database) {
    let store = db.store();
    let post = post_with_hours(&*store, "a");
    store
        .correct(post, Some(15), None, "estimated", NOON)
        .expect("a correction");
    let before = export(&*store);
    let refused = store.take_out(post, hours(0, 2), "a crawler", NOON);
    let (views, taken) = (15, 20);
    assert!(
        matches!(refused, Err(StoreError::BelowZero { views: v, taken: t }) if (v, t) == (views, taken)),
        "{refused:?}"
    );
    assert_eq!(export(&*store), before);
    let taken = take_out(&*store, post, hours(0, 1)).expect("there are views");
    store
        .correct(post, Some(0), None, "estimated", NOON)
        .expect("a correction");
    take_back(&*store, post, taken.id).expect("it was taken out");
    assert_eq!(counts(&*store, post).0, 10);
    assert_consistent(&*store);
}

pub fn they_go_with_their_post_and_come_back_with_it(db: &dyn Database) {
    let store = db.store();
    let (a, b) = (post_with_hours(&*store, "a"), post_with_hours(&*store, "b"));
    let taken = take_out(&*store, a, hours(0, 2)).expect("there are views");
    take_out(&*store, b, hours(0, 2)).expect("there are views");
    store.soft_delete(a, None, NOON).expect("a deletion");
    assert_consistent(&*store);
    store.undelete(a).expect("it is there");
    take_back(&*store, a, taken.id).expect("it was taken out");
    assert_eq!(counts(&*store, a).0, 40);
    take_out(&*store, a, hours(0, 2)).expect("there are views");
    store.soft_delete(a, None, NOON).expect("a deletion");
    assert!(store.purge_deleted(after_noon(DAY)).expect("an answer"));
    store.delete(b, None).expect("a deletion");
    assert_consistent(&*store);
    assert_eq!(by_hour(&*store, SITE), []);
    let left = export(&*store).into_iter();
    assert!(!left.into_iter().any(|record| matches!(
        record,
        Record::RemovedHour { .. } | Record::RemovedLogHour { .. }
    )));
}

pub fn damage_to_what_was_taken_out_is_found_and_repaired(db: &dyn Database) {
    let store = db.store();
    let post = post_with_hours(&*store, "a");
    let one = take_out(&*store, post, hours(0, 1)).expect("there are views");
    let two = take_out(&*store, post, hours(1, 2)).expect("there are views");
    let back = take_back(&*store, post, one.id).expect("it was taken out");
    for (correction, hour, views) in [(one.id, 0, 4), (two.id, 3, 5), (back.id, 2, -1)] {
        let hour = after_noon(hour * HOUR).0;
        db.execute(&format!(
            "INSERT INTO removed_hours (post, correction, hour, views) VALUES ({post}, {correction}, {hour}, {views})"
        ));
    }
    let table = "removed_hours";
    let lost = |correction| Inconsistency::NotTakenOut {
        table,
        correction,
        rows: 1,
    };
    let more = Inconsistency::MoreTakenOut {
        correction: two.id,
        is: 10,
        rows: 15,
    };
    let impossible = Inconsistency::Impossible {
        table,
        column: "views",
        post,
        rows: 1,
        least: -1,
        greatest: -1,
    };
    let expected = [impossible, lost(one.id), lost(back.id), more];
    assert_eq!(findings(&*store, false), expected);
    assert_eq!(findings(&*store, true), expected);
    assert_consistent(&*store);
    let back = take_back(&*store, post, two.id).expect("it was taken out");
    assert_eq!((back.views, counts(&*store, post).0), (15, 45));
    assert_consistent(&*store);
}

/// What random removals should leave: the views of each hour, and what each removal holds.
#[derive(Default)]
struct Model {
    present: BTreeMap<i64, i64>,
    removed: BTreeMap<i64, BTreeMap<i64, i64>>,
    set: i64,
}

impl Model {
    fn total(&self) -> i64 {
        self.set + self.present.values().sum::<i64>()
    }
}

pub fn random_removals_keep_every_sum(db: &dyn Database) {
    for round in 0..15 {
        let mut random = Rng::with_seed(round);
        let fresh = db.another();
        let store = fresh.store();
        let posts = ["a", "b"].map(|slug| create(&*store, slug));
        let mut models = [Model::default(), Model::default()];
        for _ in 0..60 {
            let number = random.usize(..2);
            let (post, model) = (posts[number], &mut models[number]);
            match random.u32(..10) {
                0..4 => {
                    let (hour, n) = (random.i64(0..12), random.i64(1..9));
                    write(&*store, &views(post, after_noon(hour * HOUR), n as u64));
                    *model.present.entry(hour).or_default() += n;
                }
                4..7 => {
                    let from = random.i64(0..12);
                    let to = random.i64(from + 1..14);
                    let inside: BTreeMap<i64, i64> = model
                        .present
                        .range(from..to)
                        .map(|(h, n)| (*h, *n))
                        .collect();
                    let sum: i64 = inside.values().sum();
                    match store.take_out(post, hours(from, to), "r", NOON) {
                        Ok(Some(taken)) => {
                            assert_eq!(taken.views, -sum);
                            model.present.retain(|hour, _| !inside.contains_key(hour));
                            model.removed.insert(taken.id, inside);
                        }
                        Ok(None) => assert_eq!(sum, 0),
                        Err(StoreError::BelowZero { .. }) => assert!(sum > model.total()),
                        Err(error) => panic!("{error}"),
                    }
                }
                7..9 => {
                    let ids: Vec<i64> = model.removed.keys().copied().collect();
                    if let Some(id) = random.choice(ids) {
                        let back = take_back(&*store, post, id).expect("it was taken out");
                        let hours = model.removed.remove(&id).expect("it is known");
                        assert_eq!(back.views, hours.values().sum::<i64>());
                        for (hour, n) in hours {
                            *model.present.entry(hour).or_default() += n;
                        }
                    }
                }
                _ => {
                    let wanted = random.i64(0..100);
                    store
                        .correct(post, Some(wanted), None, "set", NOON)
                        .expect("a correction");
                    model.set += wanted - model.total();
                }
            }
            assert_eq!(counts(&*store, post).0, model.total(), "round {round}");
            let present: Vec<(i64, i64)> = model.present.iter().map(|(h, n)| (*h, *n)).collect();
            assert_eq!(by_hour(&*store, post), present, "round {round}");
        }
        assert_consistent(&*store);
        // What is taken out can be put back from an export, too.
        let records = export(&*store);
        let other = db.another();
        let restored = other.store();
        restored
            .restore(&mut records.iter().cloned())
            .expect("a restore");
        assert_eq!(export(&*restored), records);
        for (post, model) in posts.into_iter().zip(&models) {
            for id in model.removed.keys() {
                take_back(&*restored, post, *id).expect("it was taken out");
            }
            let removed = model.removed.values().flat_map(BTreeMap::values);
            let whole = model.total() + removed.sum::<i64>();
            assert_eq!(counts(&*restored, post).0, whole);
        }
        assert_consistent(&*restored);
    }
}
