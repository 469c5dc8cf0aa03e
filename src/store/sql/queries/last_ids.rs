//! The last ids given, which the rows do not show: a deleted row's id is not given again.

use super::backend::{DbConnection, last_id, set_last_id};
use crate::model::Record;
use crate::store::error::StoreError;

/// The record of the last ids.
pub(super) fn record(connection: &mut DbConnection) -> Result<Record, StoreError> {
    Ok(Record::Numbers {
        posts: last_id(connection, "posts")?,
        viewers: last_id(connection, "viewers")?,
        corrections: last_id(connection, "corrections")?,
        logs: last_id(connection, "imported_logs")?,
    })
}

/// Makes each table give ids after those of a record: posts, viewers, corrections, imported logs.
pub(super) fn set(connection: &mut DbConnection, last: [i64; 4]) -> Result<(), StoreError> {
    let tables = ["posts", "viewers", "corrections", "imported_logs"];
    for (table, last) in tables.into_iter().zip(last) {
        set_last_id(connection, table, last)?;
    }
    Ok(())
}
