//! Journals: which of their events are counted.

use super::super::backend::{DbStore, IS_SHARED};
use super::super::journals;
use crate::model::{Positions, RunId};
use crate::sink::{JournalSink, SinkError};

impl JournalSink for DbStore {
    fn database_id(&self) -> Result<i64, SinkError> {
        // A read first: a start must not have to wait for who writes.
        if let Some(id) = self.known_database_id()? {
            return Ok(id);
        }
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| SinkError::Unavailable(error.to_string()))?;
        let proposed = i64::from_le_bytes(random);
        Ok(self.transact_unseen(|connection| journals::database_id(connection, proposed))?)
    }

    fn known_database_id(&self) -> Result<Option<i64>, SinkError> {
        Ok(self.read(journals::known_database_id)?)
    }

    fn runs(&self) -> Result<Vec<RunId>, SinkError> {
        // The others' runs live, and have their files elsewhere.
        if IS_SHARED {
            return Ok(Vec::new());
        }
        Ok(self.read(journals::runs)?)
    }

    fn committed(&self, run: RunId) -> Result<Positions, SinkError> {
        Ok(self.read(|connection| journals::committed(connection, run))?)
    }

    fn close_run(&self, run: RunId) -> Result<(), SinkError> {
        Ok(self.transact_unseen(|connection| journals::close(connection, run))?)
    }
}
