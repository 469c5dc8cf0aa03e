//! Many threads on one journal.

use std::ops::Range;
use std::sync::{Arc, Barrier};

use super::append::{Appended, Journal, JournalOptions};
use super::model::folder;
use super::model_store::ModelStore;
use crate::metrics::Metrics;
use crate::model::{Batch, DedupWindow, TimestampMs, ViewEvent, Viewer};
use crate::sink::BatchSink;

#[test]
fn events_of_many_threads_each_have_a_place_of_their_own() {
    const THREADS: i64 = 4;
    const EACH: i64 = 3000;
    let home = tempfile::tempdir().unwrap();
    let options = JournalOptions {
        max_bytes: 1 << 20,
        sync: true,
    };
    let metrics = Arc::new(Metrics::new(0));
    let journal = Journal::begin_with(folder(home.path()), options, 256, metrics).unwrap();
    let store = ModelStore::default();
    let (sender, receiver) = flume::bounded::<(ViewEvent, Range<u64>)>(64);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (journal, sender) = (&journal, sender.clone());
            scope.spawn(move || {
                for number in 0..EACH {
                    let event = ViewEvent {
                        post: thread * EACH + number,
                        at: TimestampMs(1_700_000_000_000),
                        viewer: (number % 5 == 0).then(|| Viewer::Named("somebody".into())),
                        uncounted: None,
                    };
                    // The upkeep may be late, as on a busy machine: then there is no place yet.
                    let range = loop {
                        match journal.append(&event) {
                            Appended::At(range) => break range,
                            Appended::Unwritten(range) => {
                                journal.cancel(range);
                                journal.prepare_now();
                            }
                            Appended::Dropped => journal.prepare_now(),
                        }
                    };
                    sender.send((event, range)).unwrap();
                }
            });
        }
        drop(sender);
        let mut batch = Batch::new(DedupWindow::NONE);
        while let Ok((event, range)) = receiver.recv() {
            batch.journaled.add(journal.run(), range);
            batch.add(event);
            if batch.events() >= 100 || receiver.is_empty() {
                journal.complete(&mut batch.journaled);
                store.write(&batch).unwrap();
                journal.on_commit(&batch.journaled, &[]);
                batch.clear();
            }
        }
        journal.complete(&mut batch.journaled);
        store.write(&batch).unwrap();
        journal.on_commit(&batch.journaled, &[]);
    });
    let rows = store.rows();
    assert_eq!(rows.counted.len() as i64, THREADS * EACH);
    assert!(rows.counted.values().all(|count| *count == 1));
    journal.end().unwrap();
    assert!(
        folder(home.path()).runs().unwrap().is_empty(),
        "nothing is left"
    );
}

/// A segment is ready, and the first event takes it: whoever comes in that moment must find it too.
#[test]
fn who_comes_while_another_takes_the_segment_that_is_ready_writes_to_it_as_well() {
    const THREADS: i64 = 4;
    for round in 0..2000 {
        let home = tempfile::tempdir().unwrap();
        let options = JournalOptions {
            max_bytes: 1 << 20,
            sync: false,
        };
        let metrics = Arc::new(Metrics::new(0));
        let journal = Journal::begin_with(folder(home.path()), options, 256, metrics).unwrap();
        let barrier = Barrier::new(THREADS as usize);
        std::thread::scope(|scope| {
            for post in 0..THREADS {
                let (journal, barrier) = (&journal, &barrier);
                scope.spawn(move || {
                    let event = ViewEvent {
                        post,
                        at: TimestampMs(1_700_000_000_000),
                        viewer: None,
                        uncounted: None,
                    };
                    barrier.wait();
                    let appended = journal.append(&event);
                    assert!(
                        matches!(appended, Appended::At(_)),
                        "round {round}: {appended:?}"
                    );
                });
            }
        });
    }
}
