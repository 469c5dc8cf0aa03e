//! Batches that no journal tells apart: each is applied once, even where the answer to its commit was lost.
//!
//! They share their table with spilled batches, which were named by files.

use diesel::prelude::*;

use super::backend::DbConnection;
use crate::model::{BatchId, TimestampMs};
use crate::store::error::StoreError;
use crate::store::sql::schema::applied_spills;

/// Before the number of a batch. No spill's file was called so.
pub(super) const PREFIX: &str = "batch:";

/// Notes that a batch is applied. Returns whether it is new, or has no number.
pub(in crate::store) fn add(
    connection: &mut DbConnection,
    id: &BatchId,
) -> Result<bool, StoreError> {
    let Some((number, at)) = id.own() else {
        return Ok(true);
    };
    let new = diesel::insert_into(applied_spills::table)
        .values((
            applied_spills::id.eq(name(number)),
            applied_spills::applied_at.eq(at.0),
        ))
        .on_conflict_do_nothing()
        .execute(connection)?;
    if let Some(previous) = id.previous() {
        diesel::delete(applied_spills::table.find(name(previous))).execute(connection)?;
    }
    Ok(new > 0)
}

/// Deletes the numbers that counters which have ended have left.
pub(super) fn prune(connection: &mut DbConnection, before: TimestampMs) -> Result<(), StoreError> {
    let old = applied_spills::table
        .filter(applied_spills::id.like(format!("{PREFIX}%")))
        .filter(applied_spills::applied_at.lt(before.0));
    diesel::delete(old).execute(connection)?;
    Ok(())
}

fn name(number: u128) -> String {
    format!("{PREFIX}{number:032x}")
}
