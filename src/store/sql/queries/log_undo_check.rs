//! Whether an imported log can be taken back exactly.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::backend::{Db, DbConnection};
use crate::store::error::StoreError;
use crate::store::imported_log::LogId;
use crate::store::sql::schema::imported_logs;

#[derive(QueryableByName)]
#[diesel(check_for_backend(Db))]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The one number, named `number`, that a query answers.
pub(super) fn number(connection: &mut DbConnection, query: String) -> Result<i64, StoreError> {
    let row: Number = diesel::sql_query(query).get_result(connection)?;
    Ok(row.number)
}

/// Refuses a log whose share is not known, before anything is changed. `posts` is a query of the posts that it counted.
pub(super) fn before(
    connection: &mut DbConnection,
    log: LogId,
    posts: &str,
) -> Result<(), StoreError> {
    let undo: Option<i64> = imported_logs::table
        .find(log)
        .select(imported_logs::undo)
        .get_result(connection)
        .optional()?;
    match undo {
        None => return refuse("it was taken back meanwhile"),
        Some(0) => {
            return refuse(
                "a version of viewtally that did not keep what that needs has imported it; \
                 try a backup from before",
            );
        }
        Some(1) => {}
        Some(_) => {
            return refuse(
                "viewers that it shares with another log were forgotten after --keep-viewings, so it is not known \
                 what each of the two counted; try a backup from before",
            );
        }
    }
    let differing = number(
        connection,
        format!(
            "SELECT COUNT(*) AS number FROM log_viewings l \
             LEFT JOIN viewings v ON v.post = l.post AND v.viewer = l.viewer \
             WHERE l.log = {log} AND l.post IN ({posts}) AND COALESCE(v.views, -1) <> \
             (SELECT SUM(o.views) FROM log_viewings o WHERE o.post = l.post AND o.viewer = l.viewer)"
        ),
    )?;
    if differing > 0 {
        return refuse(&format!(
            "{differing} of its viewers were also counted by an import of an earlier version, or changed since; \
             try a backup from before"
        ));
    }
    Ok(())
}

/// Refuses numbers below zero, which are the sign of a number that was set by hand or mended since.
pub(super) fn after(connection: &mut DbConnection, posts: &str) -> Result<(), StoreError> {
    for (table, condition) in [
        ("hourly_views", "views < 0"),
        ("removed_hours", "views < 0"),
        ("ledger", "count < 0"),
        ("log_ledger", "count < 0"),
        ("counts", "views < 0 OR viewers < 0 OR past_viewers < 0"),
    ] {
        let below = number(
            connection,
            format!(
                "SELECT COUNT(*) AS number FROM {table} WHERE (post = 0 OR post IN ({posts})) AND ({condition})"
            ),
        )?;
        if below > 0 {
            return refuse(&format!(
                "{below} numbers would be below zero, since they were set by hand or mended after it was imported; \
                 try viewtally check, or set them again afterwards"
            ));
        }
    }
    Ok(())
}

fn refuse<T>(why: &str) -> Result<T, StoreError> {
    Err(StoreError::Refused(format!(
        "it cannot be taken back exactly: {why}"
    )))
}
