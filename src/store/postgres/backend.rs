//! What the shared queries need to know of PostgreSQL.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::store::error::StoreError;

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
