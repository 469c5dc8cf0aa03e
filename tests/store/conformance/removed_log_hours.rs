//! Imported logs taken back of which hours were taken out.

use std::time::Duration;

use fastrand::Rng;

use super::database::Database;
use super::log_undo::{Logs, Read, Step, live, pair, random_steps, state};
use super::samples::{NOON, after_noon, assert_consistent, counts};
use crate::model::time::HOUR;
use crate::model::{HourRange, Record};
use crate::store::Store;

/// The hours of a day around noon.
fn hours(from: i64, to: i64) -> HourRange {
    let at = |hour| after_noon(hour * HOUR);
    HourRange::new(at(from), at(to)).expect("some hours")
}

pub fn hours_taken_out_go_with_their_log(db: &dyn Database) {
    let (store, _, _keep) = pair(db, Duration::ZERO);
    let mut logs = Logs::new(&*store);
    let reads: Vec<Read> = (0..6).map(|n| (1, 1, NOON.0 + n * HOUR / 2)).collect();
    logs.import(&Step { log: 1, reads });
    live(&*store, NOON);
    let before = counts(&*store, 1);
    assert_eq!(before, (9, 2));
    let taken = store.take_out(1, hours(0, 1), "a crawler", NOON);
    let taken = taken.expect("an answer").expect("there are views");
    assert_eq!((taken.views, counts(&*store, 1).0), (-5, 4));
    let undone = logs.undo(1).expect("it is exact");
    assert_eq!((undone.views, undone.viewers), (4, 1));
    assert_eq!(counts(&*store, 1), (0, 1));
    assert_consistent(&*store);
    let back = store.take_back(1, taken.id, NOON).expect("an answer");
    assert_eq!(back.map(|back| back.views), Some(3), "the views of others");
    assert_eq!(counts(&*store, 1), (3, 1));
    assert_consistent(&*store);
}

pub fn random_logs_with_hours_taken_out_are_taken_back_exactly(db: &dyn Database) {
    for round in 0..25 {
        let mut random = Rng::with_seed(round);
        let steps = random_steps(&mut random);
        let gone = random.i64(1..4);
        let fresh = db.another();
        let (with, without, _keep) = pair(&*fresh, Duration::ZERO);
        let (mut all, mut others) = (Logs::new(&*with), Logs::new(&*without));
        let mut taken = Vec::new();
        for (number, step) in (0..).zip(&steps) {
            all.import(step);
            if step.log != gone {
                others.import(step);
            }
            for store in [&with, &without] {
                live(&**store, after_noon(number));
            }
            let (post, from) = (random.i64(1..4), random.i64(-24..48));
            let range = hours(from, from + random.i64(1..24));
            let [one, other] = [&with, &without].map(|store| {
                let taken = store.take_out(post, range, "a crawler", NOON);
                taken.expect("an answer").map(|taken| taken.id)
            });
            taken.push((post, one, other));
        }
        if all.known.contains_key(&gone) {
            all.undo(gone).expect("it is exact");
        }
        assert_consistent(&*with);
        for post in 1..4 {
            assert_eq!(counts(&*with, post), counts(&*without, post), "{round}");
        }
        for (post, one, other) in taken {
            for (store, id) in [(&with, one), (&without, other)] {
                if let Some(id) = id {
                    let back = store.take_back(post, id, NOON).expect("an answer");
                    back.expect("it was taken out");
                }
            }
        }
        let rows = |store: &dyn Store| {
            let mut rows = state(store);
            rows.retain(|record| !matches!(record, Record::Correction { .. }));
            rows
        };
        assert_eq!(rows(&*with), rows(&*without), "round {round}");
        assert_consistent(&*with);
    }
}
