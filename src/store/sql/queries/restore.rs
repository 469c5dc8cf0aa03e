//! An export read back whole, into an empty store.

use std::mem::{self, discriminant};

use diesel::prelude::*;

use super::backend::DbConnection;
use super::restore_row::insert;
use super::site_numbers;
use super::{last_ids, log_batch};
use crate::model::{EXPORT_VERSION, OLDEST_EXPORT_VERSION, Record};
use crate::store::error::StoreError;
use crate::store::sql::schema::{
    corrections, hourly_views, imported_logs, ledger, posts, viewers, viewings,
};

/// Rows inserted by one statement. A database elsewhere takes as long for one row as for a hundred; SQLite binds 32,766 values
/// at most, and a row has ten at most.
const ROWS_AT_ONCE: usize = 500;

/// Inserts every record. The first must name the format, and the last say how many there are.
///
/// # Errors
/// [`StoreError::Refused`] for a store that holds something, and for records that are not an export's.
pub(super) fn restore(
    connection: &mut DbConnection,
    records: &mut dyn Iterator<Item = Record>,
) -> Result<u64, StoreError> {
    if !is_empty(connection)? {
        return refuse("the store holds something already; try --store sqlite:NEW.db");
    }
    match records.next() {
        Some(Record::Viewtally {
            version: OLDEST_EXPORT_VERSION..=EXPORT_VERSION,
        }) => {}
        Some(Record::Viewtally { version }) => {
            return refuse(&format!(
                "it is of format {version}, this program reads {EXPORT_VERSION}; try a newer version of viewtally"
            ));
        }
        _ => return refuse("it does not begin like an export of viewtally"),
    }
    let mut read = 1;
    let mut last = None;
    // Records of one kind, which an export has one after another.
    let mut alike: Vec<Record> = Vec::new();
    for record in records {
        let goes_on = alike
            .first()
            .is_none_or(|first| discriminant(first) == discriminant(&record));
        if !goes_on || alike.len() == ROWS_AT_ONCE {
            insert(connection, mem::take(&mut alike))?;
        }
        match record {
            // Once all rows are there: where ids come from may not be part of a transaction.
            Record::Numbers {
                posts,
                viewers,
                corrections,
                logs,
            } => last = Some([posts, viewers, corrections, logs]),
            Record::End { lines } if lines == read => {
                log_batch::go_on_after_restored(connection)?;
                site_numbers::recount(connection)?;
                if let Some(last) = last {
                    last_ids::set(connection, last)?;
                }
                return Ok(read + 1);
            }
            Record::End { lines } => {
                return refuse(&format!(
                    "it has {read} lines and says it should have {lines}"
                ));
            }
            record => alike.push(record),
        }
        read += 1;
    }
    refuse(&format!(
        "it ends after {read} lines without its last; it was cut short"
    ))
}

fn refuse<T>(why: &str) -> Result<T, StoreError> {
    Err(StoreError::Refused(why.to_owned()))
}

/// Whether there is no post, no view and no log. Records of earlier drains do not matter.
fn is_empty(connection: &mut DbConnection) -> Result<bool, StoreError> {
    let rows = posts::table.count().get_result::<i64>(connection)?
        + hourly_views::table.count().get_result::<i64>(connection)?
        + ledger::table.count().get_result::<i64>(connection)?
        + viewings::table.count().get_result::<i64>(connection)?
        + viewers::table.count().get_result::<i64>(connection)?
        + corrections::table.count().get_result::<i64>(connection)?
        + imported_logs::table.count().get_result::<i64>(connection)?;
    Ok(rows == 0)
}
