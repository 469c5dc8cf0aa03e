//! Applying a batch, inside the caller's transaction.

use diesel::prelude::*;

use super::super::backend::DbConnection;
use super::super::queries::applied_batches;
use super::super::queries::journals::CommittedRuns;
use super::super::queries::log_batch::LogBatch;
use super::post::apply_post;
use super::writer::BatchWriter;
use crate::model::{Batch, DedupWindow, LedgerEntry, PostId, SITE};
use crate::sink::BatchResult;
use crate::store::error::StoreError;
use crate::store::sql::schema::posts;

/// Applies a batch. `window` decides about repeats.
pub fn apply(
    connection: &mut DbConnection,
    batch: &Batch,
    window: DedupWindow,
) -> Result<BatchResult, StoreError> {
    apply_of_log(connection, batch, window, None)
}

/// As [`apply`]. Where it is a log's batch, what it counts is recorded as that log's share.
pub fn apply_of_log(
    connection: &mut DbConnection,
    batch: &Batch,
    window: DedupWindow,
    log: Option<LogBatch>,
) -> Result<BatchResult, StoreError> {
    let committed = CommittedRuns::read(connection, &batch.journaled)?;
    if committed.has_batch()? || !applied_batches::add(connection, &batch.id)? {
        // What it came to is not known any more.
        return Ok(BatchResult {
            changed_elsewhere: true,
            ..BatchResult::default()
        });
    }
    let (views, mut visits) = (batch.sorted_views(), batch.sorted_visits().peekable());
    let mut views = views.as_slice();
    let mut writer = BatchWriter::new(connection, window, log, views.len());
    // Post by post, in order, both kinds of a post's events together.
    while let Some(post) = lower(
        views.first().map(|entry| entry.post),
        visits.peek().map(|entry| entry.post),
    ) {
        let (of_post, rest) =
            views.split_at(views.iter().take_while(|entry| entry.post == post).count());
        views = rest;
        apply_post(&mut writer, post, of_post, &mut visits)?;
    }
    for entry in batch.sorted_ledger() {
        // An entry of a post that no longer exists belongs to none.
        let post = match has_rows(writer.connection, entry.post)? {
            true => entry.post,
            false => SITE,
        };
        writer.add_to_ledger(LedgerEntry { post, ..entry })?;
    }
    for entry in committed.dropped() {
        writer.add_to_ledger(entry)?;
    }
    committed.add_batch(writer.connection)?;
    writer.finish()
}

fn lower(a: Option<PostId>, b: Option<PostId>) -> Option<PostId> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Whether there are rows of a post, be it deleted or not.
fn has_rows(connection: &mut DbConnection, id: PostId) -> Result<bool, StoreError> {
    let found = posts::table.find(id).count();
    Ok(found.get_result::<i64>(connection)? > 0)
}
