//! The sink of counters whose batches go on a queue.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use super::outbox::Outbox;
use crate::model::{Batch, DedupWindow, Positions, RunId};
use crate::sink::{BatchSink, JournalSink, SinkError, Written};

/// Puts batches down for the queue. What it says of journals is of both: what the store has counted, and what was taken over
/// for the queue.
pub struct QueueSink {
    store: Arc<dyn JournalSink>,
    outbox: Arc<Outbox>,
    /// Whether there is a queue now. What was taken over while there was one stays so.
    is_used: bool,
}

impl QueueSink {
    pub(super) fn new(
        store: Arc<dyn JournalSink>,
        outbox: Arc<Outbox>,
        is_used: bool,
    ) -> QueueSink {
        QueueSink {
            store,
            outbox,
            is_used,
        }
    }
}

fn error(error: io::Error) -> SinkError {
    SinkError::Unavailable(format!(
        "cannot read what was taken over for the queue: {error}"
    ))
}

impl BatchSink for QueueSink {
    fn write(&self, batch: &Batch) -> Result<Written, SinkError> {
        match self.is_used {
            true => self.outbox.put(batch).map(Written::Durable),
            false => self.store.write(batch),
        }
    }

    fn counts_later(&self) -> bool {
        self.is_used
    }

    fn wait_until_accepted(&self, number: u64, deadline: Instant) -> bool {
        !self.is_used || self.outbox.backlog().wait_until_accepted(number, deadline)
    }

    fn dedup_window(&self) -> DedupWindow {
        self.store.dedup_window()
    }
}

impl JournalSink for QueueSink {
    fn database_id(&self) -> Result<i64, SinkError> {
        self.store.database_id()
    }

    fn known_database_id(&self) -> Result<Option<i64>, SinkError> {
        self.store.known_database_id()
    }

    fn runs(&self) -> Result<Vec<RunId>, SinkError> {
        let mut runs = self.store.runs()?;
        let taken = self.outbox.runs().map_err(error)?;
        runs.extend(taken);
        runs.sort_unstable();
        runs.dedup();
        Ok(runs)
    }

    fn committed(&self, run: RunId) -> Result<Positions, SinkError> {
        let taken = self.outbox.taken_over(run).map_err(error)?;
        let mut committed = self.store.committed(run)?;
        committed.extend(&taken.positions);
        Ok(committed)
    }

    fn close_run(&self, run: RunId) -> Result<(), SinkError> {
        // In this order: the store says for good that nothing of the run is to be counted any more.
        self.store.close_run(run)?;
        self.outbox.forget(run).map_err(error)
    }
}
