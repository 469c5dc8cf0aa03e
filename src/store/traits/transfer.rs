//! Import and export: posts and logs from elsewhere, and everything to elsewhere.

use super::super::brought::{Brought, BroughtNumbers};
use super::super::error::StoreError;
use super::super::imported_log::{
    FoundPosts, ImportedLog, LogId, LogProgress, LoggedPost, UndoneLog,
};
use super::super::row_sink::RowSink;
use super::super::source::{ImportContent, Imported, Source};
use crate::model::{Batch, NumbersRow, PostId, Record, TimestampMs};
use crate::sink::BatchResult;

/// What import and export commands need.
pub trait TransferStore: Send + Sync {
    /// Creates or updates the post that comes from a source file. Its views stay.
    ///
    /// # Errors
    /// Those of every method.
    fn import(
        &self,
        source: &Source,
        content: &ImportContent,
        now: TimestampMs,
    ) -> Result<Imported, StoreError>;

    /// The ids of these posts. With `create`, each missing post is created, empty and published at its time, with its page's
    /// address.
    ///
    /// # Errors
    /// Those of every method.
    fn find_or_create(
        &self,
        names: &[LoggedPost<'_>],
        create: bool,
    ) -> Result<FoundPosts, StoreError>;

    /// Applies a batch in one transaction: all of it or nothing.
    ///
    /// # Errors
    /// [`StoreError::InDoubt`]; any other error means that nothing was applied. After any error the same batch may be applied
    /// again.
    fn apply(&self, batch: &Batch) -> Result<BatchResult, StoreError>;

    /// The imported logs whose first line has this hash, the shortest first.
    ///
    /// # Errors
    /// Those of every method.
    fn imported_logs(&self, head: &str) -> Result<Vec<ImportedLog>, StoreError>;

    /// Applies a batch and records, in the same transaction, how much of a log is imported with it.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the store knows the log otherwise than `progress.known`, because another process
    /// is importing it; otherwise as [`TransferStore::apply`].
    fn import_batch(
        &self,
        batch: &Batch,
        progress: &LogProgress,
    ) -> Result<(BatchResult, LogId), StoreError>;

    /// Applies a batch of a log whose progress is stored already, or never will be ([`STDIN_LOG`]), and for which these
    /// posts were created since the batch before.
    ///
    /// # Errors
    /// As [`TransferStore::apply`].
    ///
    /// [`STDIN_LOG`]: super::super::imported_log::STDIN_LOG
    fn apply_of_log(
        &self,
        batch: &Batch,
        log: LogId,
        created: &[PostId],
    ) -> Result<BatchResult, StoreError>;

    /// Takes an imported log back: afterwards all numbers are as if it had never been imported. Posts that it made go, if
    /// nothing else has touched them.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where the numbers without it are not known; then nothing is changed.
    fn undo_log(&self, log: LogId) -> Result<UndoneLog, StoreError>;

    /// Adds what another counter had counted, less what it has brought before.
    ///
    /// # Errors
    /// [`StoreError::NoSuchPost`]; then nothing was added.
    fn bring(&self, numbers: &BroughtNumbers<'_>) -> Result<Brought, StoreError>;

    /// The secret by which readers in access logs are hashed: the stored one, or else `proposed`, which is stored.
    ///
    /// # Errors
    /// Those of every method.
    fn log_key(&self, proposed: [u8; 16]) -> Result<[u8; 16], StoreError>;

    /// Writes everything in the store as of one moment to `rows`, in key order. The salts of anonymous viewers are
    /// left out.
    ///
    /// # Errors
    /// Those of every method.
    fn export(&self, rows: RowSink<'_, Record>) -> Result<(), StoreError>;

    /// Writes every post's numbers as of one moment to `rows`.
    ///
    /// # Errors
    /// Those of every method.
    fn numbers(&self, rows: RowSink<'_, NumbersRow>) -> Result<(), StoreError>;

    /// Inserts every record of an export, all or nothing, into an empty store. Returns the number of records.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a store that is not empty, and for records that are no complete export.
    fn restore(&self, records: &mut dyn Iterator<Item = Record>) -> Result<u64, StoreError>;
}
