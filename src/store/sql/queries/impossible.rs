//! Numbers in rows that cannot be, whatever was counted: less than none, or larger than any.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::backend::{Db, DbConnection, RowByRow};
use crate::model::time::calendar;
use crate::model::{Inconsistency, MAX_STORED};
use crate::store::error::StoreError;

/// A column, and the least and the greatest number that may be in it.
struct Column {
    table: &'static str,
    name: &'static str,
    least: i64,
    greatest: i64,
    /// What is done where it holds another.
    repair: Repair,
}

/// What a number was that cannot be, nothing tells.
enum Repair {
    /// It is taken for none.
    Zero,
    /// It is when something was, and that is not known then; or all that its row says.
    Delete,
}

/// The columns that hold numbers of events or viewers, of which only a correction takes away, and the times of those that
/// are kept by time.
fn columns() -> [Column; 13] {
    let column = |table, name, least, greatest, repair| Column {
        table,
        name,
        least,
        greatest,
        repair,
    };
    let count = |table, name, least| column(table, name, least, MAX_STORED, Repair::Zero);
    let (first, last) = calendar();
    let time = |table, name| column(table, name, first, last, Repair::Delete);
    [
        time("hourly_views", "hour"),
        time("removed_hours", "hour"),
        time("ledger", "day"),
        time("referrers", "day"),
        count("hourly_views", "views", 0),
        count("removed_hours", "views", 0),
        count("ledger", "count", 0),
        count("corrections", "views", -MAX_STORED),
        count("corrections", "viewers", -MAX_STORED),
        count("corrections", "hour_views", -MAX_STORED),
        count("viewings", "views", 0),
        count("counts", "past_viewers", 0),
        column("referrers", "views", 1, MAX_STORED, Repair::Delete),
    ]
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Db))]
struct Numbers {
    #[diesel(sql_type = BigInt)]
    post: i64,
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = BigInt)]
    least: i64,
    #[diesel(sql_type = BigInt)]
    greatest: i64,
}

/// Tells of each column and post with such numbers.
pub(super) fn check(
    connection: &mut DbConnection,
    found: &mut dyn FnMut(Inconsistency),
) -> Result<(), StoreError> {
    for column in columns() {
        let (table, name) = (column.table, column.name);
        let query = diesel::sql_query(format!(
            "SELECT post, COUNT(*) AS n, CAST(MIN({name}) AS BIGINT) AS least, \
             CAST(MAX({name}) AS BIGINT) AS greatest FROM {table} \
             WHERE {} GROUP BY post ORDER BY post",
            column.is_impossible()
        ));
        for row in query.load_iter::<Numbers, RowByRow>(connection)? {
            let row = row?;
            found(Inconsistency::Impossible {
                table,
                column: name,
                post: row.post,
                rows: row.n,
                least: row.least,
                greatest: row.greatest,
            });
        }
    }
    Ok(())
}

/// Makes of each such number what can be.
pub(super) fn repair(connection: &mut DbConnection) -> Result<(), StoreError> {
    for column in columns() {
        let (table, name, is_impossible) = (column.table, column.name, column.is_impossible());
        diesel::sql_query(match column.repair {
            Repair::Zero => format!("UPDATE {table} SET {name} = 0 WHERE {is_impossible}"),
            Repair::Delete => format!("DELETE FROM {table} WHERE {is_impossible}"),
        })
        .execute(connection)?;
    }
    Ok(())
}

impl Column {
    fn is_impossible(&self) -> String {
        let Column {
            name,
            least,
            greatest,
            ..
        } = self;
        format!("({name} < {least} OR {name} > {greatest})")
    }
}
