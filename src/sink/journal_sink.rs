//! What a journal asks of the sink that counts its events.

use super::batch_sink::BatchSink;
use super::error::SinkError;
use crate::model::{Positions, RunId};

/// A sink that knows which events of a journal it has counted: the transaction that writes a batch stores its positions.
pub trait JournalSink: BatchSink {
    /// The database's own number, random and made when it is first asked for.
    ///
    /// # Errors
    /// Those of every write.
    fn database_id(&self) -> Result<i64, SinkError>;

    /// The database's own number, if it has been asked for before.
    ///
    /// # Errors
    /// Those of every read.
    fn known_database_id(&self) -> Result<Option<i64>, SinkError>;

    /// The runs of which it has counted something, and which are not closed: those that have their files beside it. None where
    /// nodes elsewhere count into the same database.
    ///
    /// # Errors
    /// Those of every read.
    fn runs(&self) -> Result<Vec<RunId>, SinkError>;

    /// The positions of a run whose events are counted.
    ///
    /// # Errors
    /// Those of every read.
    fn committed(&self, run: RunId) -> Result<Positions, SinkError>;

    /// Closes a run: whatever its journal may have had is committed from now on, so that files which come back are not
    /// counted again.
    ///
    /// # Errors
    /// Those of every write.
    fn close_run(&self, run: RunId) -> Result<(), SinkError>;
}
