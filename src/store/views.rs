//! Numbers in the database: what was counted, what was not, what was spilled, how the drains went.

use diesel::prelude::*;

use super::apply::{apply, to_column};
use super::error::StoreError;
use super::posts;
use super::schema::{applied_spills, counts, drains, ledger};
use crate::model::{
    Batch, DrainRecord, PostId, PostKey, PostStats, Reason, TimestampMs, Uncounted,
};
use crate::sink::BatchResult;

/// Applies a spilled batch unless its id was applied before.
pub(super) fn replay(
    connection: &mut SqliteConnection,
    spill: &str,
    batch: &Batch,
    window: i64,
    now: TimestampMs,
) -> Result<Option<BatchResult>, StoreError> {
    let new = diesel::insert_or_ignore_into(applied_spills::table)
        .values((
            applied_spills::id.eq(spill),
            applied_spills::applied_at.eq(now.0),
        ))
        .execute(connection)?;
    if new == 0 {
        return Ok(None);
    }
    apply(connection, batch, window).map(Some)
}

pub(super) fn note_drain(
    connection: &mut SqliteConnection,
    drain: &DrainRecord,
) -> Result<(), StoreError> {
    diesel::replace_into(drains::table)
        .values((
            drains::at.eq(drain.at.0),
            drains::took.eq(drain.took),
            drains::written.eq(to_column(drain.written)),
            drains::unwritten.eq(to_column(drain.unwritten)),
        ))
        .execute(connection)?;
    Ok(())
}

pub(super) fn last_drain(
    connection: &mut SqliteConnection,
) -> Result<Option<DrainRecord>, StoreError> {
    let row: Option<(i64, i64, i64, i64)> = drains::table
        .order(drains::at.desc())
        .first(connection)
        .optional()?;
    Ok(row.map(|(at, took, written, unwritten)| DrainRecord {
        at: TimestampMs(at),
        took,
        written: u64::try_from(written).unwrap_or(0),
        unwritten: u64::try_from(unwritten).unwrap_or(0),
    }))
}

pub(super) fn tally(
    connection: &mut SqliteConnection,
    key: PostKey<'_>,
) -> Result<Option<(PostId, PostStats)>, StoreError> {
    let Some(id) = posts::id_of(connection, key)? else {
        return Ok(None);
    };
    let (views, viewers): (i64, i64) = counts::table
        .find(id)
        .select((counts::views, counts::viewers))
        .get_result(connection)?;
    let rows: Vec<(String, i64)> = ledger::table
        .filter(ledger::post.eq(id))
        .select((ledger::reason, ledger::count))
        .load(connection)?;
    let uncounted = sum_by_reason(rows);
    Ok(Some((
        id,
        PostStats {
            views,
            viewers,
            uncounted,
        },
    )))
}

pub(super) fn site_stats(connection: &mut SqliteConnection) -> Result<PostStats, StoreError> {
    let sum = |column: &str| {
        diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!("COALESCE(SUM({column}), 0)"))
    };
    let (views, viewers): (i64, i64) = counts::table
        .select((sum("views"), sum("viewers")))
        .get_result(connection)?;
    let rows: Vec<(String, i64)> = ledger::table
        .group_by(ledger::reason)
        .select((ledger::reason, sum("count")))
        .load(connection)?;
    Ok(PostStats {
        views,
        viewers,
        uncounted: sum_by_reason(rows),
    })
}

fn sum_by_reason(rows: Vec<(String, i64)>) -> Uncounted {
    let mut uncounted = Uncounted::default();
    for (reason, count) in rows {
        if let Some(reason) = Reason::from_name(&reason) {
            uncounted.add(reason, u64::try_from(count).unwrap_or(0));
        }
    }
    uncounted
}
