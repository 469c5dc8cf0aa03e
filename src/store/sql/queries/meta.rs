//! Single values by name, in the table `meta`.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::backend::DbConnection;
use crate::store::error::StoreError;
use crate::store::sql::schema::meta;

/// The value stored under `key`.
pub(super) fn get(connection: &mut DbConnection, key: &str) -> Result<Option<String>, StoreError> {
    let value = meta::table.find(key).select(meta::value);
    Ok(value.first(connection).optional()?)
}

/// The value stored under `key`, or else `proposed`, which is stored.
pub(super) fn get_or_insert(
    connection: &mut DbConnection,
    key: &str,
    proposed: &str,
) -> Result<String, StoreError> {
    // The value that is there is set to itself: otherwise no row would be returned.
    Ok(diesel::insert_into(meta::table)
        .values((meta::key.eq(key), meta::value.eq(proposed)))
        .on_conflict(meta::key)
        .do_update()
        .set(meta::key.eq(excluded(meta::key)))
        .returning(meta::value)
        .get_result(connection)?)
}

/// Stores `value` under `key`, in place of any other.
pub(super) fn set(
    connection: &mut DbConnection,
    key: &str,
    value: &str,
) -> Result<usize, StoreError> {
    Ok(diesel::insert_into(meta::table)
        .values((meta::key.eq(key), meta::value.eq(value)))
        .on_conflict(meta::key)
        .do_update()
        .set(meta::value.eq(excluded(meta::value)))
        .execute(connection)?)
}
