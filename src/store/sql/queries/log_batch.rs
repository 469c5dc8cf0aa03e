//! What a batch of an imported log counts, recorded as the log's share, so that the import can be taken back.

use diesel::prelude::*;

use super::backend::DbConnection;
use super::meta;
use crate::model::PostId;
use crate::store::error::StoreError;
use crate::store::imported_log::{LogId, STDIN_LOG};
use crate::store::sql::schema::{imported_logs, log_posts, log_viewings, log_windows};

/// The number of the last batch of any log, in `meta`.
const LAST_BATCH: &str = "log_batch";

/// An import's undo can no longer be exact: see the migration.
const PRUNED: i64 = 2;

/// A batch of a log.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct LogBatch {
    pub(in crate::store) log: LogId,
    pub(in crate::store) number: i64,
}

impl LogBatch {
    /// The next batch, of this log, which made these posts.
    pub(super) fn next(
        connection: &mut DbConnection,
        log: LogId,
        created: &[PostId],
    ) -> Result<LogBatch, StoreError> {
        let last = meta::get(connection, LAST_BATCH)?;
        let number = last.and_then(|last| last.parse().ok()).unwrap_or(0) + 1;
        set_last(connection, number)?;
        for post in created.iter().filter(|_| log != STDIN_LOG) {
            diesel::insert_into(log_posts::table)
                .values((log_posts::log.eq(log), log_posts::post.eq(post)))
                .on_conflict_do_nothing()
                .execute(connection)?;
        }
        Ok(LogBatch { log, number })
    }
}

/// Sets the number of the last batch.
fn set_last(connection: &mut DbConnection, number: i64) -> Result<(), StoreError> {
    meta::set(connection, LAST_BATCH, &number.to_string())?;
    Ok(())
}

/// Makes batches go on after those of an export that was restored.
pub(super) fn go_on_after_restored(connection: &mut DbConnection) -> Result<(), StoreError> {
    let last: Option<i64> = log_windows::table
        .select(diesel::dsl::max(log_windows::batch))
        .get_result(connection)?;
    match last {
        Some(last) => set_last(connection, last),
        None => Ok(()),
    }
}

/// Forgets which logs a viewing is of, before it is pruned. Of one that a log has alone, only the number is kept; of one
/// that logs share it can then no longer be said what each of them counted.
pub(super) fn forget_viewing(
    connection: &mut DbConnection,
    post: PostId,
    viewer: i64,
) -> Result<(), StoreError> {
    let of_viewing = log_viewings::table
        .filter(log_viewings::post.eq(post))
        .filter(log_viewings::viewer.eq(viewer));
    let logs: Vec<LogId> = of_viewing.select(log_viewings::log).load(connection)?;
    match logs[..] {
        [] => return Ok(()),
        [log] => {
            diesel::sql_query(format!(
                "INSERT INTO log_past_viewers (post, log, viewers) VALUES ({post}, {log}, 1) \
                 ON CONFLICT (post, log) DO UPDATE SET viewers = log_past_viewers.viewers + 1"
            ))
            .execute(connection)?;
        }
        _ => {
            diesel::update(imported_logs::table.filter(imported_logs::id.eq_any(logs)))
                .set(imported_logs::undo.eq(PRUNED))
                .execute(connection)?;
        }
    }
    diesel::delete(of_viewing).execute(connection)?;
    let windows = log_windows::table
        .filter(log_windows::post.eq(post))
        .filter(log_windows::viewer.eq(viewer));
    diesel::delete(windows).execute(connection)?;
    Ok(())
}

/// The tables that hold logs' shares, each by post.
const SHARES: [&str; 6] = [
    "log_hours",
    "log_ledger",
    "log_viewings",
    "log_windows",
    "log_past_viewers",
    "log_posts",
];

/// Deletes what logs counted of a post that is deleted.
pub(super) fn delete_post(connection: &mut DbConnection, post: PostId) -> Result<(), StoreError> {
    for table in SHARES {
        diesel::sql_query(format!("DELETE FROM {table} WHERE post = {post}"))
            .execute(connection)?;
    }
    Ok(())
}
