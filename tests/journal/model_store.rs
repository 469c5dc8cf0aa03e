//! A store in small: a transaction takes all of a batch or nothing, together with its positions, and none of them twice.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::model::{Batch, DedupWindow, Positions, Reason, RunId, Uncounted};
use crate::sink::{BatchResult, BatchSink, JournalSink, SinkError, Written};

/// Its number.
pub(super) const DATABASE: i64 = 42;

/// What a store has: how often each event is counted, by its post, and what is committed of each run.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) counted: BTreeMap<i64, u64>,
    pub(super) dropped: u64,
    runs: BTreeMap<RunId, (Positions, u64)>,
}

/// See the module.
#[derive(Default)]
pub(super) struct ModelStore {
    pub(super) rows: Mutex<Rows>,
    /// How many writes are refused from now on.
    pub(super) refuses: Mutex<u32>,
}

impl ModelStore {
    pub(super) fn rows(&self) -> Rows {
        self.rows.lock().unwrap().clone()
    }
}

impl BatchSink for ModelStore {
    fn write(&self, batch: &Batch) -> Result<Written, SinkError> {
        let mut refuses = self.refuses.lock().unwrap();
        if *refuses > 0 {
            *refuses -= 1;
            return Err(SinkError::Busy("refused".to_owned()));
        }
        let mut rows = self.rows.lock().unwrap();
        let mut uncounted = Uncounted::default();
        for part in batch.journaled.parts() {
            let (committed, dropped) = rows.runs.entry(part.run).or_default();
            let new = part.positions.without(committed);
            assert_eq!(new, part.positions, "committed before");
            committed.extend(&part.positions);
            let total = part
                .dropped
                .map_or(*dropped, |(total, _)| total.max(*dropped));
            let more = total - *dropped;
            *dropped = total;
            rows.dropped += more;
            uncounted.add(Reason::Dropped, more);
        }
        let ledger = batch.sorted_ledger();
        rows.dropped += ledger.iter().map(|entry| entry.count).sum::<u64>();
        let views = batch
            .sorted_views()
            .into_iter()
            .map(|entry| (entry.post, entry.views));
        let visits = batch.sorted_visits();
        for (post, count) in views.chain(visits.map(|visit| (visit.post, visit.visit.count))) {
            *rows.counted.entry(post).or_default() += count;
        }
        Ok(Written::Applied(BatchResult {
            counted: batch.events(),
            uncounted,
            ..BatchResult::default()
        }))
    }

    fn dedup_window(&self) -> DedupWindow {
        DedupWindow::NONE
    }
}

impl JournalSink for ModelStore {
    fn database_id(&self) -> Result<i64, SinkError> {
        Ok(DATABASE)
    }

    fn known_database_id(&self) -> Result<Option<i64>, SinkError> {
        Ok(Some(DATABASE))
    }

    fn runs(&self) -> Result<Vec<RunId>, SinkError> {
        Ok(self.rows().runs.into_keys().collect())
    }

    fn committed(&self, run: RunId) -> Result<Positions, SinkError> {
        Ok(self.rows().runs.remove(&run).unwrap_or_default().0)
    }

    fn close_run(&self, run: RunId) -> Result<(), SinkError> {
        let mut all = Positions::default();
        all.insert(0..u64::MAX);
        self.rows.lock().unwrap().runs.insert(run, (all, u64::MAX));
        Ok(())
    }
}
