//! A store that remembers what it was given, and commits a batch with its positions or not at all.

use std::sync::{Mutex, MutexGuard};

use viewtally::internals::journal::{BatchResult, JournalSink, Positions, RunId};
use viewtally::internals::{Batch, BatchSink, DedupWindow, SinkError, Written};

pub struct Store {
    window: DedupWindow,
    rows: Mutex<Rows>,
}

/// What is in it.
pub struct Rows {
    /// Every batch that was written, merged.
    pub counted: Batch,
    /// What is committed of each run.
    pub committed: Vec<(RunId, Positions)>,
}

impl Store {
    pub fn new(window: DedupWindow) -> Self {
        let rows = Rows {
            counted: Batch::new(window),
            committed: Vec::new(),
        };
        Self {
            window,
            rows: Mutex::new(rows),
        }
    }

    pub fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().expect("no panic holds it")
    }
}

impl Rows {
    pub fn of(&mut self, run: RunId) -> &mut Positions {
        let known = self.committed.iter().position(|(of, _)| *of == run);
        let at = known.unwrap_or_else(|| {
            self.committed.push((run, Positions::default()));
            self.committed.len() - 1
        });
        &mut self.committed[at].1
    }
}

impl BatchSink for Store {
    fn write(&self, batch: &Batch) -> Result<Written, SinkError> {
        let mut rows = self.rows();
        for part in batch.journaled.parts() {
            let committed = rows.of(part.run);
            assert_eq!(part.positions, part.positions.without(committed), "twice");
        }
        for part in batch.journaled.parts() {
            rows.of(part.run).extend(&part.positions);
        }
        rows.counted.merge(batch.clone());
        Ok(Written::Applied(BatchResult {
            counted: batch.events(),
            ..BatchResult::default()
        }))
    }

    fn dedup_window(&self) -> DedupWindow {
        self.window
    }
}

impl JournalSink for Store {
    fn database_id(&self) -> Result<i64, SinkError> {
        Ok(super::files::DATABASE)
    }

    fn known_database_id(&self) -> Result<Option<i64>, SinkError> {
        self.database_id().map(Some)
    }

    fn runs(&self) -> Result<Vec<RunId>, SinkError> {
        Ok(self.rows().committed.iter().map(|(run, _)| *run).collect())
    }

    fn committed(&self, run: RunId) -> Result<Positions, SinkError> {
        Ok(self.rows().of(run).clone())
    }

    fn close_run(&self, run: RunId) -> Result<(), SinkError> {
        self.rows().committed.retain(|(of, _)| *of != run);
        Ok(())
    }
}
