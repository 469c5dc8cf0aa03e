//! How the drains went.

use diesel::prelude::*;

use super::backend::DbConnection;
use crate::model::{DrainRecord, TimestampMs};
use crate::store::error::StoreError;
use crate::store::sql::columns::to_column;
use crate::store::sql::schema::drains;

/// Records a drain. Of two that end in the same millisecond the later one stays.
pub(super) fn insert(connection: &mut DbConnection, drain: &DrainRecord) -> Result<(), StoreError> {
    diesel::delete(drains::table.find(drain.at.0)).execute(connection)?;
    diesel::insert_into(drains::table)
        .values((
            drains::at.eq(drain.at.0),
            drains::took.eq(drain.took),
            drains::written.eq(to_column(drain.written)),
            drains::unwritten.eq(to_column(drain.unwritten)),
        ))
        .execute(connection)?;
    Ok(())
}

/// The latest drain.
pub(super) fn last(connection: &mut DbConnection) -> Result<Option<DrainRecord>, StoreError> {
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
