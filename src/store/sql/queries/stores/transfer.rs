//! Import and export.

use super::super::backend::{DbStore, batch};
use super::super::log_batch::LogBatch;
use super::super::{
    brought_numbers, export, log_imports, log_key, log_undo, numbers, post_import, restore,
};
use crate::model::{Batch, NumbersRow, PostId, Record, TimestampMs};
use crate::sink::BatchResult;
use crate::store::brought::{Brought, BroughtNumbers};
use crate::store::error::StoreError;
use crate::store::imported_log::{
    FoundPosts, ImportedLog, LogId, LogProgress, LoggedPost, UndoneLog,
};
use crate::store::row_sink::RowSink;
use crate::store::source::{ImportContent, Imported, Source};
use crate::store::traits::TransferStore;

impl TransferStore for DbStore {
    fn import(
        &self,
        source: &Source,
        content: &ImportContent,
        now: TimestampMs,
    ) -> Result<Imported, StoreError> {
        self.transact_on(Imported::post, |connection| {
            post_import::import(connection, source, content, now)
        })
    }

    fn find_or_create(
        &self,
        names: &[LoggedPost<'_>],
        create: bool,
    ) -> Result<FoundPosts, StoreError> {
        if create {
            return self.transact(|connection| log_imports::find_or_create(connection, names));
        }
        self.read_snapshot(|connection| log_imports::find(connection, names))
    }

    fn apply(&self, batch: &Batch) -> Result<BatchResult, StoreError> {
        self.transact_batch(batch.entries(), |connection| {
            batch::apply(connection, batch, self.window())
        })
    }

    fn imported_logs(&self, head: &str) -> Result<Vec<ImportedLog>, StoreError> {
        self.read(|connection| log_imports::beginning_with(connection, head))
    }

    fn import_batch(
        &self,
        batch: &Batch,
        progress: &LogProgress,
    ) -> Result<(BatchResult, LogId), StoreError> {
        self.transact_unseen(|connection| {
            let id = log_imports::record(connection, progress)?;
            let log = LogBatch::next(connection, id, &progress.created)?;
            let result = batch::apply_of_log(connection, batch, self.window(), Some(log))?;
            Ok((result, id))
        })
    }

    fn apply_of_log(
        &self,
        batch: &Batch,
        log: LogId,
        created: &[PostId],
    ) -> Result<BatchResult, StoreError> {
        self.transact_unseen(|connection| {
            let log = LogBatch::next(connection, log, created)?;
            batch::apply_of_log(connection, batch, self.window(), Some(log))
        })
    }

    fn undo_log(&self, log: LogId) -> Result<UndoneLog, StoreError> {
        self.transact(|connection| log_undo::undo(connection, log))
    }

    fn bring(&self, numbers: &BroughtNumbers<'_>) -> Result<Brought, StoreError> {
        self.transact(|connection| brought_numbers::bring(connection, numbers, self.window()))
    }

    fn log_key(&self, proposed: [u8; 16]) -> Result<[u8; 16], StoreError> {
        self.transact_unseen(|connection| log_key::get_or_insert(connection, proposed))
    }

    fn export(&self, rows: RowSink<'_, Record>) -> Result<(), StoreError> {
        self.read_all_at_once(|connection| export::export(connection, rows))
    }

    fn numbers(&self, rows: RowSink<'_, NumbersRow>) -> Result<(), StoreError> {
        self.read_all_at_once(|connection| numbers::numbers(connection, rows))
    }

    fn restore(&self, records: &mut dyn Iterator<Item = Record>) -> Result<u64, StoreError> {
        self.transact(|connection| restore::restore(connection, records))
    }
}
