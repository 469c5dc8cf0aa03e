//! Hours taken out, against the corrections that did it.

use diesel::prelude::*;

use super::backend::DbConnection;
use super::findings::find;
use crate::model::Inconsistency;
use crate::store::error::StoreError;
use crate::store::sql::columns::sum_text;

/// The tables that hold them.
const TABLES: [&str; 2] = ["removed_hours", "removed_log_hours"];

/// Rows of no correction that has something taken out now: it took no hours out, or they are put back.
fn is_of_none(table: &str) -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM corrections k WHERE k.id = {table}.correction AND k.post = {table}.post \
         AND k.from_hour IS NOT NULL AND k.takes_back IS NULL \
         AND NOT EXISTS (SELECT 1 FROM corrections b WHERE b.takes_back = k.id))"
    )
}

/// What a correction has taken out and not put back, by its hours.
fn removed() -> String {
    format!(
        "(SELECT {} FROM removed_hours r WHERE r.post = corrections.post AND r.correction = corrections.id)",
        sum_text("r.views")
    )
}

/// Tells of rows that belong to nothing, and of corrections whose hours hold more than they say.
pub(super) fn check(
    connection: &mut DbConnection,
    found: &mut dyn FnMut(Inconsistency),
) -> Result<(), StoreError> {
    for table in TABLES {
        let query = format!(
            "SELECT correction AS key, '' AS name, COUNT(*) AS stored, COUNT(*) AS summed FROM {table} \
             WHERE {} AND post IN (SELECT id FROM posts) GROUP BY correction ORDER BY correction",
            is_of_none(table)
        );
        find(connection, query, found, |row| Inconsistency::NotTakenOut {
            table,
            correction: row.key,
            rows: row.summed,
        })?;
    }
    let query = format!(
        "SELECT id AS key, '' AS name, -hour_views AS stored, t.removed AS summed FROM \
         (SELECT id, hour_views, {} AS removed FROM corrections WHERE hour_views < 0) t \
         WHERE t.removed > -t.hour_views ORDER BY id",
        removed()
    );
    // Fewer are right: a log that had counted some of them was taken back since.
    find(connection, query, found, |row| {
        Inconsistency::MoreTakenOut {
            correction: row.key,
            is: row.stored,
            rows: row.summed,
        }
    })
}

/// Deletes such rows, and has such corrections say what their hours hold.
pub(super) fn repair(connection: &mut DbConnection) -> Result<(), StoreError> {
    for table in TABLES {
        let statement = format!("DELETE FROM {table} WHERE {}", is_of_none(table));
        diesel::sql_query(statement).execute(connection)?;
    }
    let removed = removed();
    diesel::sql_query(format!(
        "UPDATE corrections SET hour_views = -{removed} WHERE hour_views < 0 AND {removed} > -hour_views"
    ))
    .execute(connection)?;
    Ok(())
}
