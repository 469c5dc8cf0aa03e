//! The secret by which readers in access logs are hashed. It is made once and stays, so that a log has the same readers
//! however often and in however many parts it is imported.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::backend::DbConnection;
use crate::model::Record;
use crate::store::error::StoreError;
use crate::store::sql::schema::meta;

/// Its row in `meta`.
const NAME: &str = "log_key";

/// The stored key, or else `proposed`, which is stored.
pub(super) fn get_or_insert(
    connection: &mut DbConnection,
    proposed: [u8; 16],
) -> Result<[u8; 16], StoreError> {
    let proposed = format!("{:032x}", u128::from_be_bytes(proposed));
    let stored: String = diesel::insert_into(meta::table)
        .values((meta::key.eq(NAME), meta::value.eq(proposed)))
        .on_conflict(meta::key)
        .do_update()
        .set(meta::key.eq(excluded(meta::key)))
        .returning(meta::value)
        .get_result(connection)?;
    parse(&stored)
        .ok_or_else(|| StoreError::Unavailable("its log key is not 32 digits long".to_owned()))
}

/// Its record, if there is a key.
pub(super) fn record(connection: &mut DbConnection) -> Result<Option<Record>, StoreError> {
    let stored: Option<String> = meta::table
        .find(NAME)
        .select(meta::value)
        .get_result(connection)
        .optional()?;
    Ok(stored.map(|key| Record::LogKey { key }))
}

/// Stores the key of a record, in place of any other.
///
/// # Errors
/// [`StoreError::Refused`] for one that is no key.
pub(super) fn set(connection: &mut DbConnection, key: &str) -> Result<usize, StoreError> {
    if parse(key).is_none() {
        return Err(StoreError::Refused(
            "its log key is not 32 hexadecimal digits".to_owned(),
        ));
    }
    diesel::delete(meta::table.find(NAME)).execute(connection)?;
    Ok(diesel::insert_into(meta::table)
        .values((meta::key.eq(NAME), meta::value.eq(key)))
        .execute(connection)?)
}

fn parse(text: &str) -> Option<[u8; 16]> {
    let digits = text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = u128::from_str_radix(text, 16).ok().filter(|_| digits)?;
    Some(number.to_be_bytes())
}
