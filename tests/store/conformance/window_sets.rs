//! The window as a set: whatever the order, the batches, the nodes, the restarts and the ways in, what counts is the size
//! of the set of viewer and window, as the naive model here has it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use super::database::Database;
use super::samples::{
    NOON, add_read, after_noon, assert_consistent, create, export, findings, forget, named, stats,
    write, write_patiently,
};
use crate::model::time::{DAY, HOUR};
use crate::model::{Batch, PostId, Record, TimestampMs, Viewer, ViewingKey};
use crate::store::{KnownLog, LogProgress, Store};

/// A read: viewer and time.
type Read = (u32, i64);

fn viewer(number: u32) -> Viewer {
    match number % 2 {
        0 => Viewer::Anonymous(-1 - i64::from(number)),
        _ => named(&format!("v{number}")),
    }
}

/// Random reads around a few edges of windows, in random order.
fn reads(random: &mut Rng, window: i64) -> Vec<Read> {
    let start = NOON.0.div_euclid(window) * window;
    let mut reads: Vec<Read> = (0..random.usize(1..120))
        .map(|_| {
            let edge = start + random.i64(-3..3) * window;
            let near = match random.u32(..3) {
                0 => random.i64(-1..2),
                1 => random.i64(-window..=window),
                _ => 0,
            };
            (random.u32(..5), edge + near)
        })
        .collect();
    random.shuffle(&mut reads);
    reads
}

/// Batches as counters and their overflow make them: some merged, some written on their own.
fn batches(random: &mut Rng, store: &dyn Store, post: PostId, reads: &[Read]) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut rest = reads;
    while !rest.is_empty() {
        let (part, others) = rest.split_at(random.usize(1..=rest.len()));
        rest = others;
        let mut batch = match random.bool() {
            true => Batch::new(store.dedup_window()),
            false => Batch::default(),
        };
        for &(number, at) in part {
            add_read(&mut batch, post, viewer(number), TimestampMs(at));
        }
        match batches.last_mut() {
            Some(last) if random.u32(..3) == 0 => Batch::merge(last, batch),
            _ => batches.push(batch),
        }
    }
    random.shuffle(&mut batches);
    batches
}

/// Writes a batch in one of the ways there are.
fn write_somehow(random: &mut Rng, store: &dyn Store, batch: &Batch, id: &str) {
    match random.u32(..3) {
        0 => drop(write(store, batch)),
        1 => {
            // What a drain spills is read back from its file, perhaps twice.
            let text = serde_json::to_string(batch).expect("text");
            let spilled: Batch = serde_json::from_str(&text).expect("a batch");
            let replay = || store.replay(id, &spilled, NOON).expect("an answer");
            assert_eq!(replay().is_some(), spilled.events() > 0);
            assert!(replay().is_none());
        }
        _ => {
            let progress = LogProgress {
                known: KnownLog::Nothing { alike: 0 },
                head: id.to_owned(),
                bytes: 1,
                hash: id.to_owned(),
                at: NOON,
                created: Vec::new(),
            };
            store.import_batch(batch, &progress).expect("an import");
        }
    }
}

fn assert_is_the_set(store: &dyn Store, post: PostId, reads: &[Read], window: i64) {
    let set: BTreeSet<Read> = reads
        .iter()
        .map(|&(who, at)| (who, at.div_euclid(window)))
        .collect();
    let found = stats(store, post);
    let mut of_viewers: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
    for &(who, at) in reads {
        of_viewers.entry(who).or_default().push(at);
    }
    let views = set.len() as i64;
    assert_eq!(
        (found.views, found.uncounted.duplicate, found.viewers),
        (
            views,
            reads.len() as u64 - views as u64,
            of_viewers.len() as i64
        ),
        "window of {window} ms: {reads:?}"
    );
    let hours: i64 = store
        .hours(post, None)
        .expect("hours")
        .iter()
        .map(|(_, n)| n)
        .sum();
    assert_eq!(hours, views);
    for (who, times) in of_viewers {
        let name = format!("v{who}");
        let key = match viewer(who) {
            Viewer::Anonymous(number) => ViewingKey::Anonymous(number),
            Viewer::Named(_) => ViewingKey::Named(&name),
        };
        let viewing = store.viewing(post, key).expect("an answer");
        let viewing = viewing.expect("a viewing");
        let counted = set.iter().filter(|(viewer, _)| *viewer == who).count();
        assert_eq!(viewing.views, counted as i64);
        assert_eq!(Some(viewing.first_viewed_at.0), times.iter().min().copied());
        assert_eq!(Some(viewing.last_viewed_at.0), times.iter().max().copied());
    }
}

pub fn a_thousand_random_sequences_count_as_the_set_does(db: &dyn Database) {
    const LENGTHS: [i64; 7] = [1000, 1, 10, HOUR, 7 * HOUR, DAY, 10 * DAY];
    let of = |length: i64| Duration::from_millis(length.unsigned_abs());
    let open = |length| db.store_with_window(of(length));
    let mut all_nodes = LENGTHS.map(|length| [open(length), open(length)]);
    let mut cases = Vec::new();
    for case in 0..1000 {
        let mut random = Rng::with_seed(case);
        let which = random.usize(..LENGTHS.len());
        let (length, nodes) = (LENGTHS[which], &mut all_nodes[which]);
        // A database in memory has one store, with the first window.
        let window = nodes[0].dedup_window().length();
        let post = create(&*nodes[0], &format!("p{case}"));
        let reads = reads(&mut random, window);
        let batches = batches(&mut random, &*nodes[0], post, &reads);
        if case % 10 == 0 {
            in_parallel(nodes, &batches);
        } else {
            for (n, batch) in batches.iter().enumerate() {
                let node = &nodes[random.usize(..2)];
                write_somehow(&mut random, &**node, batch, &format!("{case}-{n}"));
                if random.u32(..10) == 0 {
                    // A restart.
                    nodes[random.usize(..2)] = open(length);
                }
            }
        }
        assert_is_the_set(&*nodes[1], post, &reads, window);
        if case % 100 == 0 {
            cases.push((post, reads, window));
        }
    }
    let store = db.store();
    assert_consistent(&*store);
    // A copy knows what has counted: everything once more is all repeats.
    let copy = db.another();
    let restored = copy.store_with_window(of(cases[0].2));
    restored
        .restore(&mut export(&*store).into_iter())
        .expect("a restore");
    for (post, reads, length) in cases {
        let store = copy.store_with_window(of(length));
        let before = stats(&*store, post);
        let mut batch = Batch::default();
        for &(number, at) in &reads {
            add_read(&mut batch, post, viewer(number), TimestampMs(at));
        }
        let again = write(&*store, &batch);
        assert_eq!(
            (again.counted, again.uncounted.duplicate),
            (0, reads.len() as u64)
        );
        let after = stats(&*store, post);
        assert_eq!((after.views, after.viewers), (before.views, before.viewers));
    }
}

fn in_parallel(nodes: &[Arc<dyn Store>; 2], batches: &[Batch]) {
    std::thread::scope(|scope| {
        for (n, node) in nodes.iter().enumerate() {
            scope.spawn(move || {
                for batch in batches.iter().skip(n).step_by(2) {
                    write_patiently(&**node, batch);
                }
            });
        }
    });
}

pub fn many_reads_of_few_viewers_lose_none(db: &dyn Database) {
    let window = 1000;
    let store = db.store_with_window(Duration::from_millis(1000));
    let post = create(&*store, "a");
    let mut random = Rng::with_seed(1);
    let reads: Vec<Read> = (0..200_000)
        .map(|_| (random.u32(..20), NOON.0 + random.i64(..500 * window)))
        .collect();
    let mut batch = Batch::new(store.dedup_window());
    for &(number, at) in &reads {
        add_read(&mut batch, post, viewer(number), TimestampMs(at));
    }
    write(&*store, &batch);
    assert_is_the_set(&*store, post, &reads, window);
}

pub fn a_clock_that_is_set_back_makes_no_view_of_a_repeat(db: &dyn Database) {
    let store = db.store_with_window(Duration::from_secs(3600));
    let post = create(&*store, "a");
    // An hour and a half ahead, then right, then ahead again; a batch each.
    let times = [3 * HOUR / 2, 0, 1, HOUR - 1, 3 * HOUR / 2 + 1, 2, HOUR];
    let counted = times.map(|at| {
        let mut batch = Batch::new(store.dedup_window());
        add_read(&mut batch, post, named("ann"), after_noon(at));
        write(&*store, &batch).counted
    });
    assert_eq!(counted, [1, 1, 0, 0, 0, 0, 0]);
}

pub fn a_window_of_another_length_does_not_count_its_start_again(db: &dyn Database) {
    let post = create(&*db.store_with_window(Duration::from_secs(3600)), "a");
    let read = |seconds, at| {
        let store = db.store_with_window(Duration::from_secs(seconds));
        let mut batch = Batch::new(store.dedup_window());
        add_read(&mut batch, post, named("ann"), after_noon(at));
        write(&*store, &batch).counted
    };
    assert_eq!(read(3600, 5), 1);
    assert_eq!(read(7200, 6), 0);
}

pub fn forgotten_viewers_and_posts_lose_their_windows(db: &dyn Database) {
    let store = db.store_with_window(Duration::from_secs(3600));
    let posts = ["a", "b"].map(|slug| create(&*store, slug));
    let mut batch = Batch::default();
    for post in posts {
        for name in ["ann", "bob"] {
            add_read(&mut batch, post, named(name), NOON);
            add_read(&mut batch, post, named(name), after_noon(HOUR));
        }
    }
    write(&*store, &batch);
    let windows = || {
        let of_posts = export(&*store)
            .into_iter()
            .filter_map(|record| match record {
                Record::Window { post, .. } => Some(post),
                _ => None,
            });
        of_posts.collect::<Vec<PostId>>()
    };
    let [a, b] = posts;
    assert_eq!(windows(), [a, a, a, a, b, b, b, b]);
    forget(&*store, "ann", NOON);
    assert_eq!(windows(), [a, a, b, b]);
    store.delete(a, None).expect("a deletion");
    assert_eq!(windows(), [b, b]);
    assert_consistent(&*store);
    // What is left of others is damage, and repaired.
    db.execute("INSERT INTO counted_windows (post, viewer, start) VALUES (999, -1, 0)");
    db.execute("DELETE FROM viewers");
    assert_eq!(findings(&*store, true).len(), 2);
    assert!(windows().is_empty());
}
