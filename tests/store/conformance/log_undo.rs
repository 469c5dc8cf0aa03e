//! Imported logs taken back.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;

use super::database::Database;
use super::samples::{
    NOON, add_read, after_noon, assert_consistent, counts, create, export, named, whole_log, write,
};
use crate::model::time::{DAY, HOUR};
use crate::model::{Batch, PostId, Reason, Record, TimestampMs, Viewer};
use crate::store::{KnownLog, LogProgress, LoggedPost, STDIN_LOG, Store, StoreError, UndoneLog};

/// A post that is not there.
const MISSING: PostId = 99;

/// A read of a log: post, viewer (0 for a crawler), time.
pub type Read = (PostId, i64, i64);

/// A part of a log, imported at once.
#[derive(Clone, Debug)]
pub struct Step {
    /// 0 for standard input.
    pub log: i64,
    pub reads: Vec<Read>,
}

/// Imports parts of logs, and knows how far each is imported.
pub struct Logs<'s> {
    store: &'s dyn Store,
    /// The id and the bytes of each log.
    pub known: BTreeMap<i64, (i64, u64)>,
}

impl<'s> Logs<'s> {
    pub fn new(store: &'s dyn Store) -> Logs<'s> {
        Logs {
            store,
            known: BTreeMap::new(),
        }
    }

    pub fn import(&mut self, step: &Step) {
        let mut batch = Batch::new(self.store.dedup_window());
        for &(post, viewer, at) in &step.reads {
            match viewer {
                0 => batch.add_uncounted(post, TimestampMs(at), Reason::Bot, 1),
                viewer => add_read(
                    &mut batch,
                    post,
                    Viewer::Anonymous(-viewer),
                    TimestampMs(at),
                ),
            }
        }
        if step.log == STDIN_LOG {
            let applied = self.store.apply_of_log(&batch, STDIN_LOG, &[]);
            applied.expect("an import");
            return;
        }
        let before = self.known.get(&step.log);
        let bytes = before.map_or(0, |(_, bytes)| *bytes) + 10;
        let progress = LogProgress {
            known: before.map_or(KnownLog::Nothing { alike: 0 }, |&(id, bytes)| {
                KnownLog::Part { id, bytes }
            }),
            head: format!("log {}", step.log),
            bytes,
            hash: format!("{bytes} bytes"),
            at: NOON,
            created: Vec::new(),
        };
        let (_, id) = self
            .store
            .import_batch(&batch, &progress)
            .expect("an import");
        self.known.insert(step.log, (id, bytes));
    }

    pub fn undo(&mut self, log: i64) -> Result<UndoneLog, StoreError> {
        let (id, _) = self.known[&log];
        let undone = self.store.undo_log(id)?;
        self.known.remove(&log);
        Ok(undone)
    }
}

/// Everything in a store, but for what an import leaves behind that was taken back: the numbers of logs and batches that
/// are not given twice. Trends are rounded, being sums of fractions in another order.
pub fn state(store: &dyn Store) -> Vec<Record> {
    let records = export(store);
    let names: BTreeMap<i64, i64> = records
        .iter()
        .filter_map(|record| match record {
            Record::Log { id, head, .. } => Some((*id, head[4..].parse().expect("a number"))),
            _ => None,
        })
        .collect();
    let mut batches: Vec<i64> = records
        .iter()
        .filter_map(|record| match record {
            Record::LogWindow { batch, .. } => Some(*batch),
            _ => None,
        })
        .collect();
    batches.sort_unstable();
    batches.dedup();
    let name = |log: &mut i64| *log = names.get(log).copied().unwrap_or(STDIN_LOG);
    let mut state: Vec<Record> = records
        .into_iter()
        .filter(|record| !matches!(record, Record::Numbers { .. } | Record::End { .. }))
        .map(|mut record| {
            match &mut record {
                Record::Post(post) => post.trend = (post.trend * 1e6).round(),
                Record::Log { id, .. } => name(id),
                Record::LogHour { log, .. }
                | Record::LogUncounted { log, .. }
                | Record::LogViewing { log, .. }
                | Record::LogPastViewers { log, .. }
                | Record::LogPost { log, .. } => name(log),
                Record::LogWindow { log, batch, .. } => {
                    name(log);
                    *batch = batches.binary_search(batch).expect("it is listed") as i64;
                }
                _ => {}
            }
            record
        })
        .collect();
    state.sort_by_key(|record| format!("{record:?}"));
    state
}

/// Two stores with the same posts and the same window.
pub fn pair(
    db: &dyn Database,
    window: Duration,
) -> (
    std::sync::Arc<dyn Store>,
    std::sync::Arc<dyn Store>,
    Box<dyn Database>,
) {
    let other = db.another();
    let (one, two) = (
        db.store_with_window(window),
        other.store_with_window(window),
    );
    for store in [&one, &two] {
        for slug in ["a", "b", "c"] {
            create(&**store, slug);
        }
    }
    (one, two, other)
}

/// Views that are counted while logs are imported, by others than those in logs.
pub fn live(store: &dyn Store, at: TimestampMs) {
    let mut batch = Batch::new(store.dedup_window());
    batch.add_views(1, at, 2);
    add_read(&mut batch, 2, named("ann"), at);
    add_read(&mut batch, 1, Viewer::Anonymous(-1_000), at);
    batch.add_uncounted(3, at, Reason::Prefetch, 1);
    write(store, &batch);
}

pub fn random_steps(random: &mut Rng) -> Vec<Step> {
    let step = |random: &mut Rng| Step {
        log: random.i64(0..4),
        reads: (0..random.usize(1..30))
            .map(|_| {
                let post = if random.u32(..20) == 0 {
                    MISSING
                } else {
                    random.i64(1..4)
                };
                let at = NOON.0 - DAY + random.i64(0..3 * DAY / HOUR * 4) * HOUR / 4;
                (post, random.i64(0..4), at)
            })
            .collect(),
    };
    (0..random.usize(1..9)).map(|_| step(random)).collect()
}

pub fn random_imports_without_one_are_as_if_it_had_never_been(db: &dyn Database) {
    let windows = [0, 1, 24, 7 * 24].map(|hours| Duration::from_secs(hours * 3600));
    for round in 0..40 {
        let mut random = Rng::with_seed(round);
        let steps = random_steps(&mut random);
        let gone = random.i64(1..4);
        let fresh = db.another();
        let window = windows[round as usize % windows.len()];
        let (with, without, _keep) = pair(&*fresh, window);
        let (mut all, mut others) = (Logs::new(&*with), Logs::new(&*without));
        for (number, step) in (0..).zip(&steps) {
            all.import(step);
            live(&*with, after_noon(number));
            if step.log != gone {
                others.import(step);
            }
            live(&*without, after_noon(number));
        }
        if all.known.contains_key(&gone) {
            all.undo(gone).expect("it is exact");
        }
        assert_eq!(
            state(&*with),
            state(&*without),
            "round {round}, without {gone}"
        );
        assert_consistent(&*with);
        // What was taken back can come again, and everything can go.
        for step in steps.iter().filter(|step| step.log == gone) {
            all.import(step);
            others.import(step);
        }
        assert_eq!(state(&*with), state(&*without), "round {round}, again");
        for log in [1, 2, 3] {
            for logs in [&mut all, &mut others] {
                if logs.known.contains_key(&log) {
                    logs.undo(log).expect("it is exact");
                }
            }
        }
        assert_eq!(
            state(&*with),
            state(&*without),
            "round {round}, without any"
        );
        assert_consistent(&*with);
    }
}

/// Prunes all that was last seen before a time.
fn prune(store: &dyn Store, before: TimestampMs) {
    let mut after = (PostId::MIN, i64::MIN);
    while let Some(next) = store.prune_viewings(before, after).expect("a step") {
        after = next;
    }
}

pub fn what_is_pruned_can_be_taken_back_unless_logs_share_it(db: &dyn Database) {
    let hour = Duration::from_secs(3600);
    let part = |log, reads: &[Read]| Step {
        log,
        reads: reads.to_vec(),
    };
    let (old, now) = (NOON.0 - 100 * DAY, NOON.0);
    // Both logs have a viewer of their own that is pruned, and share one that is not.
    let own = [
        part(1, &[(1, 1, old), (1, 1, old + 5), (1, 3, now), (2, 0, old)]),
        part(2, &[(1, 2, old), (1, 3, now + 1)]),
    ];
    let (with, without, _keep) = pair(db, hour);
    let (mut all, mut other) = (Logs::new(&*with), Logs::new(&*without));
    own.iter().for_each(|step| all.import(step));
    other.import(&own[1]);
    for store in [&with, &without] {
        prune(&**store, NOON);
    }
    let undone = all.undo(1).expect("it is exact");
    assert_eq!(
        (undone.views, undone.viewers, undone.now_counted),
        (2, 1, 1)
    );
    assert_eq!(state(&*with), state(&*without));
    assert_eq!(counts(&*with, 1), (2, 2));
    assert_consistent(&*with);
    // One that both have is pruned.
    all.import(&part(3, &[(2, 4, old)]));
    all.import(&part(2, &[(2, 4, old)]));
    prune(&*with, NOON);
    let before = export(&*with);
    for log in [2, 3] {
        match all.undo(log) {
            Err(StoreError::Refused(why)) => assert!(why.contains("--keep-viewings"), "{why}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(export(&*with), before);
}

pub fn only_posts_that_nothing_else_has_touched_go_with_their_log(db: &dyn Database) {
    let store = db.store();
    let slugs = ["made", "edited", "viewed", "corrected", "shared"];
    let names = slugs.map(|slug| LoggedPost::of_slug(slug, NOON));
    let found = store.find_or_create(&names, true).expect("posts");
    let ids: Vec<PostId> = found.ids.into_iter().flatten().collect();
    let import = |log: i64, posts: &[PostId], created: &[PostId]| {
        let mut batch = Batch::new(store.dedup_window());
        for &post in posts {
            add_read(&mut batch, post, Viewer::Anonymous(-1), NOON);
        }
        let progress = whole_log(&format!("log {log}"), created.to_vec());
        store.import_batch(&batch, &progress).expect("an import").1
    };
    let log = import(1, &ids, &ids);
    let mut content = super::samples::content("edited");
    content.body = "text".to_owned();
    store.update(ids[1], &content, None).expect("an edit");
    let mut view = Batch::default();
    view.add_views(ids[2], NOON, 1);
    write(&*store, &view);
    let set = store.correct(ids[3], Some(50), None, "moved", NOON);
    set.expect("a correction");
    import(2, &ids[4..], &[]);
    let undone = store.undo_log(log).expect("it is exact");
    assert_eq!((undone.views, undone.viewers), (5, 4));
    assert_eq!((undone.posts, undone.posts_kept), (1, 4));
    let left: Vec<(i64, i64)> = ids[1..].iter().map(|post| counts(&*store, *post)).collect();
    assert_eq!(left, [(0, 0), (1, 0), (49, 0), (1, 1)]);
    let gone = store.post(crate::model::PostKey::Slug("made"));
    assert_eq!(gone.expect("an answer"), None);
    assert_consistent(&*store);
}

pub fn what_cannot_be_exact_is_refused_and_changes_nothing(db: &dyn Database) {
    let store = db.store();
    let post = create(&*store, "a");
    let mut logs = Logs::new(&*store);
    let part = |log, reads: &[Read]| Step {
        log,
        reads: reads.to_vec(),
    };
    logs.import(&part(1, &[(post, 1, NOON.0), (post, 2, NOON.0)]));
    let refused = |logs: &mut Logs<'_>, words: &str| {
        let before = export(&*store);
        match logs.undo(1) {
            Err(StoreError::Refused(why)) => assert!(why.contains(words), "{why}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(export(&*store), before);
    };
    // Set by hand below what the log counted: without it, the number would be below zero.
    let set = store.correct(post, Some(1), Some(0), "moved", NOON);
    set.expect("a correction");
    refused(&mut logs, "below zero");
    let set = store.correct(post, Some(9), Some(9), "moved", NOON);
    set.expect("a correction");
    // As an earlier version left it.
    db.execute("UPDATE log_viewings SET views = 0 WHERE viewer = -2");
    refused(&mut logs, "1 of its viewers");
    db.execute("UPDATE log_viewings SET views = 1 WHERE viewer = -2");
    db.execute("UPDATE imported_logs SET undo = 0");
    refused(&mut logs, "a version of viewtally");
    db.execute("UPDATE imported_logs SET undo = 1");
    let undone = logs.undo(1).expect("it is exact");
    assert_eq!((undone.views, undone.viewers), (2, 2));
    assert_eq!(counts(&*store, post), (7, 7));
    // A post that was deleted since takes its part along.
    logs.import(&part(2, &[(post, 1, NOON.0), (MISSING, 1, NOON.0)]));
    store.delete(post, None).expect("a deletion");
    let undone = logs.undo(2).expect("it is exact");
    assert_eq!((undone.views, undone.uncounted.dropped), (0, 1));
    let again = store.undo_log(1);
    assert!(matches!(again, Err(StoreError::Refused(_))), "{again:?}");
    assert_consistent(&*store);
}
