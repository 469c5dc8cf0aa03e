//! Many threads on two handles of one database.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::database::Database;
use super::samples::{
    NOON, add_read, after_noon, assert_consistent, content, counts, create, export, named,
    retry_while_busy, write_patiently,
};
use crate::model::time::HOUR;
use crate::model::{Batch, PostContent, PostKey, Reason, Record, SITE};
use crate::store::{Store, StoreError};

const THREADS: i64 = 6;
const ROUNDS: i64 = 25;

/// Runs `work` on several threads, half of them on another handle, until all have returned.
fn on_two_handles(db: &dyn Database, work: impl Fn(&dyn Store, i64) + Sync) {
    let handles: [Arc<dyn Store>; 2] = [db.store(), db.store()];
    thread::scope(|scope| {
        for number in 0..THREADS {
            let store = &handles[usize::from(number % 2 == 0)];
            let work = &work;
            scope.spawn(move || work(&**store, number));
        }
    });
}

pub fn no_update_is_lost(db: &dyn Database) {
    let store = db.store();
    let posts = ["a", "b", "c"].map(|slug| create(&*store, slug));
    on_two_handles(db, |store, number| {
        for round in 0..ROUNDS {
            let mut batch = Batch::default();
            for post in posts {
                batch.add_views(post, after_noon(round % 3 * HOUR), 2);
                add_read(
                    &mut batch,
                    post,
                    named(&format!("v{}", (number + round) % 7)),
                    NOON,
                );
                batch.add_uncounted(post, NOON, Reason::Bot, 1);
            }
            write_patiently(store, &batch);
        }
    });
    let written = THREADS * ROUNDS;
    for post in posts {
        assert_eq!(counts(&*store, post), (3 * written, 7));
    }
    let site = store.site_stats().expect("numbers");
    assert_eq!(site.views, 9 * written);
    assert_eq!(site.uncounted.bot, 3 * written.unsigned_abs());
    assert_consistent(&*store);
}

pub fn of_many_editors_of_one_revision_one_wins(db: &dyn Database) {
    let store = db.store();
    let post = store
        .create(&PostContent {
            body: "0".to_owned(),
            ..content("a")
        })
        .expect("a post");
    on_two_handles(db, |store, _| {
        let mut done = 0;
        while done < ROUNDS {
            let found = retry_while_busy(|| store.post(PostKey::Id(post.id)));
            let found = found.expect("an answer").expect("a post");
            let number: i64 = found.content.body.parse().expect("a number");
            let next = PostContent {
                body: (number + 1).to_string(),
                ..found.content
            };
            match retry_while_busy(|| store.update(post.id, &next, Some(&[found.revision]))) {
                Ok(_) => done += 1,
                Err(StoreError::Changed) => {}
                Err(error) => panic!("{error}"),
            }
        }
    });
    let edited = store
        .post(PostKey::Id(post.id))
        .expect("an answer")
        .expect("a post");
    assert_eq!(edited.content.body, (THREADS * ROUNDS).to_string());
    assert_eq!(edited.revision, 1 + THREADS * ROUNDS);
}

pub fn an_export_sees_one_moment(db: &dyn Database) {
    let store = db.store();
    let posts = ["a", "b", "c"].map(|slug| create(&*store, slug));
    let reader = db.store();
    let writing = AtomicBool::new(true);
    thread::scope(|scope| {
        let exporter = scope.spawn(|| {
            let mut exports = 0;
            while writing.load(Ordering::Acquire) || exports == 0 {
                assert_one_moment(&export(&*reader));
                exports += 1;
            }
        });
        for round in 0..100 {
            let mut batch = Batch::default();
            for post in posts {
                batch.add_views(post, after_noon(round % 2 * HOUR), 1);
            }
            write_patiently(&*store, &batch);
        }
        writing.store(false, Ordering::Release);
        exporter.join().expect("no panic");
    });
}

/// Each batch adds as much to each post and to the site.
fn assert_one_moment(records: &[Record]) {
    let mut sums: HashMap<i64, i64> = HashMap::new();
    let mut totals = Vec::new();
    for record in records {
        match record {
            Record::Hour { post, views, .. } => *sums.entry(*post).or_default() += views,
            Record::Post(post) => totals.push((post.id, post.views)),
            _ => {}
        }
    }
    let all: i64 = totals.iter().map(|(_, views)| views).sum();
    assert_eq!(sums.get(&SITE).copied().unwrap_or(0), all);
    for (post, views) in totals {
        assert_eq!(sums.get(&post).copied().unwrap_or(0), views);
        assert_eq!(views * 3, all);
    }
}

pub fn a_name_gets_one_id(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    on_two_handles(db, |store, _| {
        for round in 0..ROUNDS {
            let mut batch = Batch::default();
            add_read(&mut batch, post, named(&format!("v{round}")), NOON);
            write_patiently(store, &batch);
        }
    });
    let names = export(&*store)
        .into_iter()
        .filter(|record| matches!(record, Record::Viewer { .. }))
        .count();
    assert_eq!(
        (names as i64, counts(&*store, post)),
        (ROUNDS, (THREADS * ROUNDS, ROUNDS))
    );
}
