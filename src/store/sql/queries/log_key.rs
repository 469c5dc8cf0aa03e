//! The secret by which readers in access logs are hashed. It is made once and stays, so that a log has the same readers
//! however often and in however many parts it is imported.

use super::backend::DbConnection;
use super::meta;
use crate::model::Record;
use crate::store::error::StoreError;

/// Its row in `meta`.
const NAME: &str = "log_key";

/// The stored key, or else `proposed`, which is stored.
pub(super) fn get_or_insert(
    connection: &mut DbConnection,
    proposed: [u8; 16],
) -> Result<[u8; 16], StoreError> {
    let proposed = format!("{:032x}", u128::from_be_bytes(proposed));
    let stored = meta::get_or_insert(connection, NAME, &proposed)?;
    parse(&stored)
        .ok_or_else(|| StoreError::Unavailable("its log key is not 32 digits long".to_owned()))
}

/// Its record, if there is a key.
pub(super) fn record(connection: &mut DbConnection) -> Result<Option<Record>, StoreError> {
    let stored = meta::get(connection, NAME)?;
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
    meta::set(connection, NAME, key)
}

fn parse(text: &str) -> Option<[u8; 16]> {
    let digits = text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = u128::from_str_radix(text, 16).ok().filter(|_| digits)?;
    Some(number.to_be_bytes())
}
