//! What the shared queries need to know of SQLite.

use std::time::{SystemTime, UNIX_EPOCH};

use diesel::prelude::*;

use crate::store::error::StoreError;
use crate::store::sql::schema::queue_messages;

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

/// The time, in milliseconds since 1970. All who use the database are on this machine.
pub fn now(_: &mut DbConnection) -> Result<i64, StoreError> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Ok(since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }))
}

/// Inserts the ids of messages. Returns those that were new.
pub fn insert_messages(
    connection: &mut DbConnection,
    ids: Vec<Vec<u8>>,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut new = Vec::new();
    for id in ids {
        let inserted = diesel::insert_into(queue_messages::table)
            .values(queue_messages::id.eq(&id))
            .on_conflict_do_nothing()
            .execute(connection)?;
        if inserted > 0 {
            new.push(id);
        }
    }
    Ok(new)
}

/// Lets no other node share partitions until the transaction ends: here nobody else writes anyway.
pub fn hold_partitions(_: &mut DbConnection) -> Result<(), StoreError> {
    Ok(())
}

/// Those of a queue's partitions whose rows nobody uses: here all, for nobody else writes.
pub fn lock_unused(
    _: &mut DbConnection,
    _: &str,
    partitions: &[i64],
) -> Result<Vec<i64>, StoreError> {
    Ok(partitions.to_vec())
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
