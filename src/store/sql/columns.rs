//! Numbers in and out of columns.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::sql_types::BigInt;

/// A number as a column has it: signed. One beyond that (292 years of a billion views a second) becomes the largest.
pub fn to_column(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The sum of a column, 0 over no rows, of the column's own type, which PostgreSQL's `SUM` is not.
pub fn sum(column: &str) -> SqlLiteral<BigInt> {
    sql(&format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT)"))
}
