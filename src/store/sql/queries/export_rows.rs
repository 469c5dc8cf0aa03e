//! Rows on their way into an export.

use std::ops::ControlFlow;

use diesel::prelude::*;
use diesel::query_dsl::methods::LoadQuery;

use super::backend::{DbConnection, RowByRow};
use crate::model::Record;
use crate::store::error::StoreError;
use crate::store::row_sink::RowSink;

/// Runs queries until one of them breaks.
macro_rules! each {
    ($($query:expr);* $(;)?) => {{
        $(if $query?.is_break() {
            return Ok(ControlFlow::Break(()));
        })*
        Ok(ControlFlow::Continue(()))
    }};
}

pub(super) use each;

/// Sends the rows of a query as they come from the database.
pub(super) fn send<'q, Row, Query>(
    connection: &mut DbConnection,
    query: Query,
    rows: RowSink<'_, Record>,
    record: impl Fn(Row) -> Record,
) -> Result<ControlFlow<()>, StoreError>
where
    Query: RunQueryDsl<DbConnection> + LoadQuery<'q, DbConnection, Row, RowByRow>,
{
    for row in query.load_iter::<Row, RowByRow>(connection)? {
        if rows(record(row?)).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}
