//! What the shared queries need to know of PostgreSQL.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Text};

use crate::store::error::StoreError;

use super::locks;
pub use super::store::PostgresStore as DbStore;
pub(super) use super::{batch, search_check, search_index as search};
pub use diesel::pg::{Pg as Db, PgConnection as DbConnection, PgRowByRowLoadingMode as RowByRow};

/// Whether servers elsewhere write to the database, too.
pub const IS_SHARED: bool = true;

#[derive(QueryableByName)]
#[diesel(check_for_backend(Db))]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The server's time, which all nodes share, in milliseconds since 1970.
pub fn now(connection: &mut DbConnection) -> Result<i64, StoreError> {
    let query = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS number";
    let now: Number = diesel::sql_query(query).get_result(connection)?;
    Ok(now.number)
}

/// Inserts the ids of messages, in their order, so that two transactions that insert the same ones cannot wait for each
/// other. Returns those that were new.
pub fn insert_messages(
    connection: &mut DbConnection,
    mut ids: Vec<Vec<u8>>,
) -> Result<Vec<Vec<u8>>, StoreError> {
    #[derive(QueryableByName)]
    struct New {
        #[diesel(sql_type = Binary)]
        id: Vec<u8>,
    }
    ids.sort_unstable();
    let new: Vec<New> = diesel::sql_query(
        "INSERT INTO queue_messages (id) SELECT * FROM unnest($1) ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind::<Array<Binary>, _>(ids)
    .load(connection)?;
    Ok(new.into_iter().map(|new| new.id).collect())
}

/// Lets no other node share partitions until the transaction ends.
pub fn hold_partitions(connection: &mut DbConnection) -> Result<(), StoreError> {
    locks::hold_partitions(connection)
}

/// Those of a queue's partitions whose rows nobody uses, locked until the transaction ends.
pub fn lock_unused(
    connection: &mut DbConnection,
    queue: &str,
    partitions: &[i64],
) -> Result<Vec<i64>, StoreError> {
    if partitions.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Number> = diesel::sql_query(
        "SELECT partition AS number FROM queue_partitions WHERE queue = $1 AND partition = ANY($2) \
         ORDER BY partition FOR UPDATE SKIP LOCKED",
    )
    .bind::<Text, _>(queue)
    .bind::<Array<BigInt>, _>(partitions)
    .load(connection)?;
    Ok(rows.into_iter().map(|row| row.number).collect())
}

/// The last id given in a table. A deleted row's id is not given again, so the rows alone do not show it.
pub fn last_id(connection: &mut DbConnection, table: &str) -> Result<i64, StoreError> {
    let query = format!(
        "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS number FROM {table}_id_seq"
    );
    let last: Number = diesel::sql_query(query).get_result(connection)?;
    Ok(last.number)
}

/// Makes a table give ids after `last`, and after those of its rows.
pub fn set_last_id(
    connection: &mut DbConnection,
    table: &str,
    last: i64,
) -> Result<(), StoreError> {
    let query = format!(
        "SELECT setval($1::regclass, GREATEST({last}, t.last, 1), GREATEST({last}, t.last) > 0) AS number \
         FROM (SELECT COALESCE(MAX(id), 0) AS last FROM {table}) t"
    );
    diesel::sql_query(query)
        .bind::<Text, _>(format!("{table}_id_seq"))
        .get_result::<Number>(connection)?;
    Ok(())
}
