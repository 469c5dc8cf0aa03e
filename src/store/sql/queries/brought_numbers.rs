//! Numbers that another counter had, added to what is counted here: what of them is there already is not added again.
//!
//! Of views with a time, the share that a counter has brought is kept as that of an imported log; of others it is the sum of
//! its corrections. So an export that goes further than the one before adds only what is new in it.

use std::collections::HashMap;

use diesel::prelude::*;

use super::backend::{DbConnection, batch};
use super::log_batch::LogBatch;
use super::{corrections as correction_rows, log_imports};
use crate::model::{Batch, DedupWindow, PostId, TimestampMs};
use crate::store::brought::{Brought, BroughtNumbers};
use crate::store::error::StoreError;
use crate::store::imported_log::{KnownLog, LogId, LogProgress};
use crate::store::sql::columns::sum;
use crate::store::sql::schema::{corrections, log_hours, removed_log_hours};

/// Adds what is new.
pub(super) fn bring(
    connection: &mut DbConnection,
    numbers: &BroughtNumbers<'_>,
    window: DedupWindow,
) -> Result<Brought, StoreError> {
    let mut brought = Brought::default();
    for &(post, views) in numbers.totals {
        let known: i64 = corrections::table
            .filter(corrections::post.eq(post))
            .filter(corrections::reason.eq(numbers.reason))
            .select(sum("views"))
            .get_result(connection)?;
        let added = views.saturating_sub(known);
        if added > 0 {
            correction_rows::add(connection, post, added, numbers.reason, numbers.at)?;
            brought.add(post, added);
        }
    }
    if numbers.hours.is_empty() {
        return Ok(brought);
    }
    let log = log_of(connection, numbers)?;
    let mut posts: Vec<PostId> = numbers.hours.iter().map(|(post, _, _)| *post).collect();
    posts.dedup();
    let known = shares(connection, log, &posts)?;
    let mut views = Batch::default();
    for &(post, hour, count) in numbers.hours {
        let added = count.saturating_sub(known.get(&(post, hour)).copied().unwrap_or(0));
        if added > 0 {
            views.add_views(post, TimestampMs(hour), added.unsigned_abs());
            brought.add(post, added);
        }
    }
    if !views.is_empty() {
        let log = LogBatch::next(connection, log, &[])?;
        batch::apply_of_log(connection, &views, window, Some(log))?;
    }
    Ok(brought)
}

/// The log that stands for what a counter has brought.
fn log_of(
    connection: &mut DbConnection,
    numbers: &BroughtNumbers<'_>,
) -> Result<LogId, StoreError> {
    let head = format!("numbers:{}", numbers.reason);
    if let Some(log) = log_imports::beginning_with(connection, &head)?.first() {
        return Ok(log.id);
    }
    log_imports::record(
        connection,
        &LogProgress {
            known: KnownLog::Nothing { alike: 0 },
            head,
            bytes: 0,
            hash: String::new(),
            at: numbers.at,
            created: Vec::new(),
        },
    )
}

/// What a log has counted of posts, hour by hour, with what was taken out since.
fn shares(
    connection: &mut DbConnection,
    log: LogId,
    posts: &[PostId],
) -> Result<HashMap<(PostId, i64), i64>, StoreError> {
    let mut shares = HashMap::new();
    for &post in posts {
        let counted: Vec<(i64, i64)> = log_hours::table
            .filter(log_hours::post.eq(post))
            .filter(log_hours::log.eq(log))
            .select((log_hours::hour, log_hours::views))
            .load(connection)?;
        let removed: Vec<(i64, i64)> = removed_log_hours::table
            .filter(removed_log_hours::post.eq(post))
            .filter(removed_log_hours::log.eq(log))
            .select((removed_log_hours::hour, removed_log_hours::views))
            .load(connection)?;
        for (hour, views) in counted.into_iter().chain(removed) {
            *shares.entry((post, hour)).or_default() += views;
        }
    }
    Ok(shares)
}
