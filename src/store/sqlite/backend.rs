//! What the shared queries need to know of SQLite.

use diesel::prelude::*;

use crate::store::error::StoreError;

pub use super::store::SqliteStore as DbStore;
pub(super) use super::{batch, search_check, search_index as search};
pub use diesel::connection::DefaultLoadingMode as RowByRow;
pub use diesel::sqlite::{Sqlite as Db, SqliteConnection as DbConnection};

/// Whether servers elsewhere write to the database, too.
pub const IS_SHARED: bool = false;

diesel::table! {
    /// SQLite's own: the highest id ever given in each table that gives none twice.
    sqlite_sequence (name) {
        name -> Text,
        seq -> BigInt,
    }
}

/// The last id given in a table. A deleted row's id is not given again, so the rows alone do not show it.
pub fn last_id(connection: &mut DbConnection, table: &str) -> Result<i64, StoreError> {
    let last = sqlite_sequence::table
        .find(table)
        .select(sqlite_sequence::seq)
        .get_result(connection)
        .optional()?;
    Ok(last.unwrap_or(0))
}

/// Makes a table give ids after `last`. Inserting a row with a higher id raises it further.
pub fn set_last_id(
    connection: &mut DbConnection,
    table: &str,
    last: i64,
) -> Result<(), StoreError> {
    // SQLite makes the row with the table's first insertion, and has no unique key on it.
    diesel::delete(sqlite_sequence::table.find(table)).execute(connection)?;
    if last > 0 {
        diesel::insert_into(sqlite_sequence::table)
            .values((
                sqlite_sequence::name.eq(table),
                sqlite_sequence::seq.eq(last),
            ))
            .execute(connection)?;
    }
    Ok(())
}
