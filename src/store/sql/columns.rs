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
    sql(&sum_text(column))
}

/// The same as text. A sum that a column cannot hold is the largest that it can: SQLite's own fails. It is made in two
/// halves, which cannot grow too large.
pub fn sum_text(column: &str) -> String {
    let (most, part) = (i64::MAX, 1_i64 << 32);
    let whole = format!("(SUM({column} / {part}) * {part} + SUM({column} % {part}))");
    format!(
        "COALESCE(CASE WHEN {whole} >= {most} THEN {most} WHEN {whole} <= -{most} THEN -{most} \
         ELSE CAST({whole} AS BIGINT) END, 0)"
    )
}
