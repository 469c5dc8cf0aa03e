//! What a database's numbers do not have yet: what its journal holds, and what waits for a queue.

use std::fmt;

use crate::journal::{self, JournalFolder};
use crate::queue::OutboxView;
use crate::sink::SinkError;
use crate::store::{Store, StoreUrl};

/// Events that are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PendingNote {
    /// In journals of runs that have ended.
    ended: u64,
    /// In the journal of a server that runs.
    living: u64,
    /// Taken over from a journal, and not accepted by the queue.
    queued: u64,
}

impl PendingNote {
    /// Reads what lies beside a database; `None` if all of it is counted, or on the queue.
    ///
    /// # Errors
    /// When it, or the database, cannot be read.
    pub(super) fn read(url: &StoreUrl, store: &dyn Store) -> anyhow::Result<Option<PendingNote>> {
        let Some(files) = url.files() else {
            return Ok(None);
        };
        let Some(id) = store.known_database_id()? else {
            return Ok(None);
        };
        let folder = JournalFolder::of(files, id);
        let outbox = OutboxView::read(files, id)?;
        let (ended, living) = journal::pending(&folder, &|run| {
            let taken = outbox.taken_over(run);
            let taken = taken.map_err(|error| SinkError::Unavailable(error.to_string()))?;
            let mut committed = store.committed(run)?;
            committed.extend(&taken);
            Ok(committed)
        })?;
        let queued = outbox.events();
        let note = PendingNote {
            ended,
            living,
            queued,
        };
        Ok((ended + living + queued > 0).then_some(note))
    }
}

impl fmt::Display for PendingNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut and = "";
        if self.living > 0 {
            write!(
                f,
                "the journal has {} views that the running server is about to count",
                self.living
            )?;
            and = "; ";
        }
        if self.ended > 0 {
            write!(
                f,
                "{and}the journal has {} views of a server that was killed or could not write; viewtally serve counts them when it starts",
                self.ended
            )?;
            and = "; ";
        }
        if self.queued > 0 {
            write!(
                f,
                "{and}{} views wait for the queue to accept them; the server that runs sends them, or else viewtally serve when it starts",
                self.queued
            )?;
        }
        Ok(())
    }
}
