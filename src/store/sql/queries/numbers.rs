//! Every post's numbers, as a table.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::backend::{Db, DbConnection, RowByRow};
use super::live_posts::is_live_text;
use crate::model::{NumbersRow, Reason};
use crate::store::error::StoreError;
use crate::store::row_sink::RowSink;
use crate::store::sql::columns::sum_text;

#[derive(QueryableByName)]
#[diesel(check_for_backend(Db))]
struct NumbersColumns {
    #[diesel(sql_type = BigInt)]
    post: i64,
    #[diesel(sql_type = Text)]
    slug: String,
    #[diesel(sql_type = BigInt)]
    views: i64,
    #[diesel(sql_type = BigInt)]
    viewers: i64,
    #[diesel(sql_type = BigInt)]
    duplicate: i64,
    #[diesel(sql_type = BigInt)]
    bot: i64,
    #[diesel(sql_type = BigInt)]
    prefetch: i64,
    #[diesel(sql_type = BigInt)]
    excluded: i64,
    #[diesel(sql_type = BigInt)]
    dropped: i64,
}

/// Sends every post's numbers, by id.
pub(super) fn numbers(
    connection: &mut DbConnection,
    rows: RowSink<'_, NumbersRow>,
) -> Result<(), StoreError> {
    let sum = |reason: &str| {
        format!(
            "(SELECT {} FROM ledger l WHERE l.post = p.id AND l.reason = '{reason}') AS {reason}",
            sum_text("l.count")
        )
    };
    let sums: Vec<String> = Reason::ALL
        .iter()
        .map(|reason| sum(reason.name()))
        .collect();
    let query = diesel::sql_query(format!(
        "SELECT p.id AS post, p.slug, c.views, c.viewers, {} \
         FROM posts p JOIN counts c ON c.post = p.id WHERE {} ORDER BY p.id",
        sums.join(", "),
        is_live_text("p.id")
    ));
    for row in query.load_iter::<NumbersColumns, RowByRow>(connection)? {
        let row = row?;
        let sent = rows(NumbersRow {
            post: row.post,
            slug: row.slug,
            views: row.views,
            viewers: row.viewers,
            duplicate: row.duplicate,
            bot: row.bot,
            prefetch: row.prefetch,
            excluded: row.excluded,
            dropped: row.dropped,
        });
        if sent.is_break() {
            break;
        }
    }
    Ok(())
}
