//! What a batch of a log counts, recorded as the log's share.

use diesel::prelude::*;

use super::super::backend::DbConnection;
use super::super::queries::log_batch::LogBatch;
use crate::model::{LedgerEntry, PostId, Visit};
use crate::store::error::StoreError;
use crate::store::sql::columns::to_column;
use crate::store::sql::statements::{AddLogHour, AddLogViewing, AddLogWindow, AddToLogLedger};

/// Adds views of an hour.
pub(super) fn add_hour(
    connection: &mut DbConnection,
    log: LogBatch,
    post: PostId,
    hour: i64,
    views: i64,
) -> Result<(), StoreError> {
    AddLogHour {
        post,
        log: log.log,
        hour,
        views,
    }
    .execute(connection)?;
    Ok(())
}

/// Adds uncounted events.
pub(super) fn add_to_ledger(
    connection: &mut DbConnection,
    log: LogBatch,
    entry: LedgerEntry,
) -> Result<(), StoreError> {
    AddToLogLedger {
        post: entry.post,
        log: log.log,
        day: entry.day,
        reason: entry.reason.name(),
        count: to_column(entry.count),
    }
    .execute(connection)?;
    Ok(())
}

/// Adds a viewer's visits to a post, of which `visit.count` counted.
pub(super) fn add_viewing(
    connection: &mut DbConnection,
    log: LogBatch,
    post: PostId,
    viewer: i64,
    visit: &Visit,
) -> Result<(), StoreError> {
    AddLogViewing {
        post,
        viewer,
        log: log.log,
        first: visit.first,
        last: visit.last,
        views: to_column(visit.count),
    }
    .execute(connection)?;
    Ok(())
}

/// Adds a window of a viewer and a post, with the time at which its view counts, or would.
pub(super) fn add_window(
    connection: &mut DbConnection,
    log: LogBatch,
    (post, viewer, start): (PostId, i64, i64),
    at: i64,
    counted: bool,
) -> Result<(), StoreError> {
    AddLogWindow {
        post,
        viewer,
        start,
        log: log.log,
        batch: log.number,
        at,
        counted: counted.into(),
    }
    .execute(connection)?;
    Ok(())
}
