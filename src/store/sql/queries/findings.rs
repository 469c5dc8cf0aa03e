//! What a check's query has found: one row of it, whichever the check.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::backend::{Db, DbConnection, RowByRow};
use crate::model::Inconsistency;
use crate::store::error::StoreError;

/// Two numbers that should go together, and what they are of.
#[derive(QueryableByName)]
#[diesel(check_for_backend(Db))]
pub(super) struct Finding {
    #[diesel(sql_type = BigInt)]
    pub(super) key: i64,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = BigInt)]
    pub(super) stored: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) summed: i64,
}

/// Tells of what a query of [`Finding`]s finds.
pub(super) fn find(
    connection: &mut DbConnection,
    query: String,
    found: &mut dyn FnMut(Inconsistency),
    difference: impl Fn(Finding) -> Inconsistency,
) -> Result<(), StoreError> {
    let rows = diesel::sql_query(query);
    for row in rows.load_iter::<Finding, RowByRow>(connection)? {
        found(difference(row?));
    }
    Ok(())
}
