//! What waits for a queue beside a database, read while whoever sends it goes on.

use std::io;
use std::path::Path;

use super::outbox_file::{BatchContent, OutboxFolder};
use crate::model::{Journaled, Positions, RunId};

/// The outbox of whoever has one there.
pub struct OutboxView {
    folder: OutboxFolder,
    events: u64,
    journaled: Journaled,
}

impl OutboxView {
    /// Reads what is named after `files`, for this database. Nothing is changed.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn read(files: &Path, database: i64) -> io::Result<OutboxView> {
        let mut waiting = OutboxView {
            folder: OutboxFolder::of(files, false),
            events: 0,
            journaled: Journaled::default(),
        };
        for path in waiting.folder.batches()? {
            match OutboxFolder::read::<BatchContent>(&path) {
                Ok(Some(content)) if content.database == database => {
                    waiting.events += content.events;
                    waiting.journaled.merge(content.journaled);
                }
                // Another database's, or just accepted.
                Ok(_) => {}
                // Whoever sends it says so.
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
                Err(error) => return Err(error),
            }
        }
        Ok(waiting)
    }

    /// How many events wait.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// What a run's journal has given over: what waits, and what the queue has accepted.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn taken_over(&self, run: RunId) -> io::Result<Positions> {
        let mut positions = self.folder.taken_over(run)?.positions;
        if let Some(waiting) = self.journaled.positions(run) {
            positions.extend(waiting);
        }
        Ok(positions)
    }
}
