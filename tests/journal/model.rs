//! Journal, counter, store and death in small: every sequence of a few steps, and a death after each of them.
//!
//! The store is a model that does what a transaction does: all of a batch or nothing, together with its positions. After
//! each step the files are copied as they are, which is what the death of the process leaves, and a recovery from the copy
//! must count each event once that was appended and not cancelled, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::append::{Appended, Journal, JournalOptions, SavedBatch};
use super::folder::JournalFolder;
use super::model_store::{DATABASE, ModelStore};
use super::recovery::{Recovered, pending, recover};
use super::segment::bytes_of;
use crate::metrics::Metrics;
use crate::model::{Batch, DedupWindow, TimestampMs, ViewEvent, Viewer};
use crate::sink::{BatchSink, JournalSink};

/// Few, so that a handful of events fills a segment.
const SLOTS: u32 = 4;

/// What can happen next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A request's event is written, and its answer sent.
    Append,
    /// One of a viewer with a name, which takes two slots.
    AppendNamed,
    /// One whose segment may not be ready, as on a machine that is too busy to prepare it.
    AppendUnprepared,
    /// An event is written, and its answer cannot be sent.
    AppendAndCancel,
    /// A counter takes what was sent.
    Take,
    /// It writes its batch.
    Commit,
    /// The store refuses it.
    Refused,
    /// It saves its batch to a file.
    Save,
}

const STEPS: [Step; 8] = [
    Step::Append,
    Step::AppendNamed,
    Step::AppendUnprepared,
    Step::AppendAndCancel,
    Step::Take,
    Step::Commit,
    Step::Refused,
    Step::Save,
];

/// A server, as far as it counts.
struct Model {
    home: tempfile::TempDir,
    journal: Journal,
    store: ModelStore,
    /// On the channel.
    sent: Vec<(ViewEvent, Range<u64>)>,
    batch: Batch,
    saved: Vec<SavedBatch>,
    /// Events appended and not cancelled, which are their posts.
    expected: Vec<i64>,
    /// Those of them that no segment has.
    unwritten: BTreeSet<i64>,
    dropped: u64,
    next: i64,
}

pub(super) fn folder(home: &Path) -> JournalFolder {
    JournalFolder::of(&home.join("a.db"), DATABASE)
}

impl Model {
    /// A server whose journal may have so many segments.
    fn new(segments: u64) -> Model {
        let home = tempfile::tempdir().unwrap();
        let options = JournalOptions {
            max_bytes: segments * bytes_of(SLOTS),
            sync: false,
        };
        let metrics = Arc::new(Metrics::new(0));
        let journal = Journal::begin_with(folder(home.path()), options, SLOTS, metrics).unwrap();
        Model {
            home,
            journal,
            store: ModelStore::default(),
            sent: Vec::new(),
            batch: Batch::new(DedupWindow::NONE),
            saved: Vec::new(),
            expected: Vec::new(),
            unwritten: BTreeSet::new(),
            dropped: 0,
            next: 1,
        }
    }

    fn event(&mut self, named: bool) -> ViewEvent {
        let post = self.next;
        self.next += 1;
        let name = format!("viewer {post}");
        ViewEvent {
            post,
            at: TimestampMs(1_700_000_000_000),
            viewer: named.then(|| Viewer::Named(name.into())),
            uncounted: None,
        }
    }

    fn append(&mut self, named: bool) {
        let event = self.event(named);
        match self.journal.append(&event) {
            Appended::At(range) => {
                self.expected.push(event.post);
                self.sent.push((event, range));
            }
            Appended::Unwritten(range) => {
                self.expected.push(event.post);
                self.unwritten.insert(event.post);
                self.sent.push((event, range));
            }
            Appended::Dropped => self.dropped += 1,
        }
    }

    fn take_step(&mut self, step: Step) {
        match step {
            Step::Append | Step::AppendNamed => {
                self.journal.prepare_now();
                self.append(matches!(step, Step::AppendNamed));
            }
            Step::AppendUnprepared => self.append(true),
            Step::AppendAndCancel => {
                self.journal.prepare_now();
                let event = self.event(false);
                match self.journal.append(&event) {
                    Appended::At(range) | Appended::Unwritten(range) => self.journal.cancel(range),
                    Appended::Dropped => self.dropped += 1,
                }
            }
            Step::Take => {
                for (event, range) in self.sent.drain(..) {
                    self.batch.journaled.add(self.journal.run(), range);
                    self.batch.add(event);
                }
            }
            Step::Commit => self.commit(),
            Step::Refused => {
                *self.store.refuses.lock().unwrap() = 1;
                self.commit();
            }
            Step::Save => {
                // It may be larger than the journal.
                if let Ok(saved) = self.journal.save(&self.batch, &self.saved) {
                    self.saved = vec![saved];
                }
            }
        }
    }

    fn commit(&mut self) {
        self.journal.complete(&mut self.batch.journaled);
        if self.store.write(&self.batch).is_ok() {
            self.journal.on_commit(&self.batch.journaled, &self.saved);
            self.saved.clear();
            self.batch.clear();
        }
    }

    /// What the death of the process leaves, recovered twice.
    fn assert_nothing_is_lost_by_death(&self, steps: &[Step]) {
        let copy = tempfile::tempdir().unwrap();
        let (from, to) = (folder(self.home.path()), folder(copy.path()));
        to.create().unwrap();
        for entry in fs::read_dir(from.path()).unwrap() {
            let path = entry.unwrap().path();
            match fs::copy(&path, to.path().join(path.file_name().unwrap())) {
                // A spare segment that the upkeep has removed since: it had no event.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                copied => drop(copied.unwrap()),
            }
        }
        let store = ModelStore::default();
        *store.rows.lock().unwrap() = self.store.rows();
        let before: u64 = store.rows().counted.values().sum();
        let missing = self.expected.len() as u64 - before;
        assert_eq!(
            pending(&to, &|run| store.committed(run)).unwrap().0,
            missing,
            "{steps:?}"
        );
        // The first recovery dies with the process: what it had committed stays.
        *store.refuses.lock().unwrap() = 1;
        let _ = recover(&to, &store, &mut |_| {});
        *store.refuses.lock().unwrap() = 0;
        let recovered = recover(&to, &store, &mut |_| {}).unwrap();
        assert_eq!(
            (recovered.damaged, recovered.left),
            (0, Vec::new()),
            "{steps:?}"
        );
        for _ in 0..2 {
            let rows = store.rows();
            // What no segment had is counted if a batch had it that was committed or saved, and dropped otherwise.
            let is_counted = |post: &&i64| rows.counted.contains_key(*post);
            let lost = self.unwritten.iter().filter(|post| !is_counted(post));
            let lost: BTreeSet<&i64> = lost.collect();
            let expected = self.expected.iter().filter(|post| !lost.contains(post));
            assert!(rows.counted.keys().eq(expected), "{steps:?}: {rows:?}");
            assert!(lost.is_empty() || before < self.expected.len() as u64);
            assert!(
                rows.counted.values().all(|count| *count == 1),
                "{steps:?}: {rows:?}"
            );
            assert_eq!(rows.dropped, self.dropped + lost.len() as u64, "{steps:?}");
            assert_eq!(
                recover(&to, &store, &mut |_| {}).unwrap(),
                Recovered::default()
            );
        }
    }
}

/// Runs steps, with a death after each.
fn run(segments: u64, steps: &[Step]) {
    let mut model = Model::new(segments);
    for (index, step) in steps.iter().enumerate() {
        model.take_step(*step);
        model.assert_nothing_is_lost_by_death(&steps[..=index]);
    }
    model.take_step(Step::Take);
    model.take_step(Step::Commit);
    model.assert_nothing_is_lost_by_death(steps);
    model.journal.end().unwrap();
    let left: Vec<_> = fs::read_dir(folder(model.home.path()).path())
        .unwrap()
        .collect();
    assert!(left.is_empty(), "{steps:?}: {left:?}");
}

#[test]
fn no_sequence_of_three_steps_done_twice_loses_or_doubles_an_event() {
    for sequence in 0..STEPS.len().pow(3) {
        let digits = [1, 8, 64].map(|place| sequence / place % STEPS.len());
        // Three segments of four slots are enough to switch, to fill, and to be at the limit.
        let steps: Vec<Step> = digits.into_iter().map(|digit| STEPS[digit]).collect();
        let mut model = Model::new(3);
        for step in steps.iter().chain(&steps) {
            model.take_step(*step);
        }
        model.assert_nothing_is_lost_by_death(&steps);
    }
}

#[test]
fn what_no_segment_had_is_in_the_ledger_after_a_death_unless_it_is_committed() {
    let mut model = Model::new(64);
    model.journal.stop_preparing();
    let steps = [
        // Two fill the only segment, the others find none.
        [Step::AppendUnprepared; 4].as_slice(),
        &[Step::Take, Step::Commit],
        &[Step::AppendUnprepared; 3],
        &[Step::Take, Step::Save],
        &[Step::AppendUnprepared],
    ]
    .concat();
    for (index, step) in steps.iter().enumerate() {
        model.take_step(*step);
        model.assert_nothing_is_lost_by_death(&steps[..=index]);
    }
    assert_eq!(model.unwritten.len(), 6);
    let event = model.event(true);
    let Appended::Unwritten(place) = model.journal.append(&event) else {
        panic!("there is no segment");
    };
    model.journal.cancel(place);
    model.journal.end().unwrap();
    let left = fs::read_dir(folder(model.home.path()).path()).unwrap();
    assert!(left.count() > 0, "not all is committed");
    model.take_step(Step::Take);
    model.take_step(Step::Commit);
    model.assert_nothing_is_lost_by_death(&steps);
    model.journal.end().unwrap();
    let left = fs::read_dir(folder(model.home.path()).path()).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn no_long_run_loses_or_doubles_an_event() {
    let mut random = fastrand::Rng::with_seed(7);
    for segments in [2, 3, 8, 64] {
        for _ in 0..2 {
            let steps: Vec<Step> = (0..60)
                .map(|_| STEPS[random.usize(..STEPS.len())])
                .collect();
            run(segments, &steps);
        }
    }
}
