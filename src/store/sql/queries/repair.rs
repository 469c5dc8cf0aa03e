//! Stored sums corrected from their rows.

use std::ops::ControlFlow;

use diesel::prelude::*;

use super::backend::DbConnection;
use super::integrity::{TABLES, VIEWERS, VIEWS, check, reasons};
use crate::model::Inconsistency;
use crate::store::error::StoreError;
use crate::store::row_sink::RowSink;

/// Corrects what [`check`] finds, in the caller's transaction; returns how many differences there were.
///
/// # Errors
/// [`StoreError::Refused`] if differences are left; the caller then rolls back.
pub(super) fn repair(
    connection: &mut DbConnection,
    findings: RowSink<'_, Inconsistency>,
) -> Result<u64, StoreError> {
    let count = check(connection, findings)?;
    if count == 0 {
        return Ok(0);
    }
    let mut run = |statement: String| diesel::sql_query(statement).execute(connection);
    for table in TABLES {
        run(format!(
            "DELETE FROM {table} WHERE post <> 0 AND post NOT IN (SELECT id FROM posts)"
        ))?;
    }
    run(
        "INSERT INTO counts (post) SELECT id FROM posts WHERE id NOT IN (SELECT post FROM counts)"
            .to_owned(),
    )?;
    // As for a deleted viewer, the views and the number of viewers stay.
    let nameless = "viewer > 0 AND viewer NOT IN (SELECT id FROM viewers)";
    run(format!(
        "UPDATE counts SET past_viewers = past_viewers + \
         (SELECT COUNT(*) FROM viewings v WHERE v.post = counts.post AND {nameless}) \
         WHERE post IN (SELECT post FROM viewings WHERE {nameless})"
    ))?;
    for table in ["viewings", "counted_windows"] {
        run(format!("DELETE FROM {table} WHERE {nameless}"))?;
    }
    // Events under no known reason are still uncounted events.
    let reasons = reasons();
    run(format!(
        "INSERT INTO ledger (post, day, reason, count) \
         SELECT post, day, 'dropped', SUM(count) FROM ledger WHERE reason NOT IN ({reasons}) GROUP BY post, day \
         ON CONFLICT (post, day, reason) DO UPDATE SET count = ledger.count + excluded.count"
    ))?;
    run(format!(
        "DELETE FROM ledger WHERE reason NOT IN ({reasons})"
    ))?;
    run(format!(
        "UPDATE counts SET views = {VIEWS}, viewers = {VIEWERS} WHERE views <> {VIEWS} OR viewers <> {VIEWERS}"
    ))?;
    run("DELETE FROM hourly_views WHERE post = 0".to_owned())?;
    run("INSERT INTO hourly_views (post, hour, views) \
         SELECT 0, hour, SUM(views) FROM hourly_views GROUP BY hour"
        .to_owned())?;
    let mut left = None;
    check(connection, &mut |finding| {
        left = Some(finding);
        ControlFlow::Break(())
    })?;
    match left {
        None => Ok(count),
        Some(left) => Err(StoreError::Refused(format!(
            "nothing was mended, for this would be left: {left}"
        ))),
    }
}
