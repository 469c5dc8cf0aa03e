//! Spilled batches: each is applied once.

use diesel::prelude::*;

use super::backend::{DbConnection, batch::apply};
use crate::model::{Batch, DedupWindow, TimestampMs};
use crate::sink::BatchResult;
use crate::store::error::StoreError;
use crate::store::sql::schema::applied_spills;

/// Applies a spilled batch, or returns `None` if the spill of that id is applied already.
pub(super) fn replay(
    connection: &mut DbConnection,
    spill: &str,
    batch: &Batch,
    window: DedupWindow,
    now: TimestampMs,
) -> Result<Option<BatchResult>, StoreError> {
    let new = diesel::insert_into(applied_spills::table)
        .values((
            applied_spills::id.eq(spill),
            applied_spills::applied_at.eq(now.0),
        ))
        .on_conflict_do_nothing()
        .execute(connection)?;
    if new == 0 {
        return Ok(None);
    }
    apply(connection, batch, window).map(Some)
}
