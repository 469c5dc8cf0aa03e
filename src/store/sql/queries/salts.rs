//! The salts of anonymous viewers, one a day.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::backend::DbConnection;
use crate::model::TimestampMs;
use crate::store::error::StoreError;
use crate::store::sql::schema::salts;

/// The salt of a day: the stored one, or else `proposed`, which is stored.
pub(super) fn get_or_insert(
    connection: &mut DbConnection,
    day: TimestampMs,
    proposed: [u8; 16],
) -> Result<[u8; 16], StoreError> {
    let stored: Vec<u8> = diesel::insert_into(salts::table)
        .values((salts::day.eq(day.0), salts::salt.eq(proposed.as_slice())))
        .on_conflict(salts::day)
        .do_update()
        .set(salts::day.eq(excluded(salts::day)))
        .returning(salts::salt)
        .get_result(connection)?;
    // This program stores no other length.
    Ok(stored.try_into().unwrap_or(proposed))
}

/// Deletes the salts of days before `oldest`. Returns whether there were any.
pub(super) fn delete_before(
    connection: &mut DbConnection,
    oldest: TimestampMs,
) -> Result<bool, StoreError> {
    let deleted =
        diesel::delete(salts::table.filter(salts::day.lt(oldest.0))).execute(connection)?;
    Ok(deleted > 0)
}
