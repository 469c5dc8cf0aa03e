//! Stored sums corrected from their rows, and rows that cannot be from what can.

use std::ops::ControlFlow;

use diesel::prelude::*;

use super::backend::{DbConnection, search, search_check};
use super::integrity::{NAMELESS, TABLES, UNVIEWED, WINDOWS, check, reasons, viewers, views};
use super::{
    addresses_check, impossible, referrers_check, removed_hours_check, site_numbers, trends,
};
use crate::model::{Checked, Inconsistency};
use crate::store::error::StoreError;
use crate::store::row_sink::RowSink;
use crate::store::sql::columns::sum_text;
use crate::store::sql::schema::posts;

/// Corrects what [`check`] finds, in the caller's transaction, and sends what cannot be mended a second time.
///
/// # Errors
/// [`StoreError::Refused`] if differences are left that can be mended; the caller then rolls back.
pub(super) fn repair(
    connection: &mut DbConnection,
    findings: RowSink<'_, Inconsistency>,
) -> Result<Checked, StoreError> {
    let mut wanted = true;
    let found = check(connection, &mut |finding| {
        let flow = findings(finding);
        wanted = flow.is_continue();
        flow
    })?;
    if found == 0 {
        return Ok(Checked::default());
    }
    mend_rows(connection)?;
    mend_sums(connection)?;
    mend_search(connection)?;
    let mut unmended = None;
    let left = check(connection, &mut |finding| {
        if finding.can_be_mended() {
            unmended = Some(finding);
            return ControlFlow::Break(());
        }
        wanted = wanted && findings(Inconsistency::Left(Box::new(finding))).is_continue();
        ControlFlow::Continue(())
    })?;
    match unmended {
        None => Ok(Checked { found, left }),
        Some(left) => Err(StoreError::Refused(format!(
            "nothing was mended, for this would be left: {left}"
        ))),
    }
}

fn mend_rows(connection: &mut DbConnection) -> Result<(), StoreError> {
    for (table, has_zero) in TABLES {
        let nothing = match has_zero {
            true => "post <> 0 AND",
            false => "",
        };
        run(
            connection,
            format!("DELETE FROM {table} WHERE {nothing} post NOT IN (SELECT id FROM posts)"),
        )?;
    }
    run(
        connection,
        "INSERT INTO counts (post) SELECT id FROM posts WHERE id NOT IN (SELECT post FROM counts)"
            .to_owned(),
    )?;
    impossible::repair(connection)?;
    removed_hours_check::repair(connection)?;
    referrers_check::repair_hosts(connection)?;
    addresses_check::repair(connection)?;
    // As for a deleted viewer, the views and the number of viewers stay.
    run(
        connection,
        format!(
            "UPDATE counts SET past_viewers = past_viewers + \
             (SELECT COUNT(*) FROM viewings v WHERE v.post = counts.post AND {NAMELESS}) \
             WHERE post IN (SELECT post FROM viewings WHERE {NAMELESS})"
        ),
    )?;
    for statement in [
        format!("DELETE FROM viewings WHERE {NAMELESS}"),
        format!("DELETE FROM counted_windows WHERE {NAMELESS}"),
        // Nothing would ever prune them.
        format!("DELETE FROM counted_windows WHERE {UNVIEWED}"),
        "UPDATE viewings SET first = last, last = first WHERE last < first".to_owned(),
        format!("UPDATE viewings SET views = {WINDOWS} WHERE views < {WINDOWS}"),
    ] {
        run(connection, statement)?;
    }
    // Events under no known reason are still uncounted events.
    let reasons = reasons();
    run(
        connection,
        format!(
            "INSERT INTO ledger (post, day, reason, count) \
             SELECT post, day, 'dropped', {} FROM ledger WHERE reason NOT IN ({reasons}) GROUP BY post, day \
             ON CONFLICT (post, day, reason) DO UPDATE SET count = ledger.count + excluded.count",
            sum_text("count")
        ),
    )?;
    run(
        connection,
        format!("DELETE FROM ledger WHERE reason NOT IN ({reasons})"),
    )
}

fn mend_sums(connection: &mut DbConnection) -> Result<(), StoreError> {
    let (views, viewers) = (views(), viewers());
    // What adds up to less than none is corrected to none, as by hand.
    run(
        connection,
        format!(
            "INSERT INTO corrections (post, at, views, viewers, reason) \
             SELECT post, COALESCE((SELECT MAX(at) FROM corrections), 0), \
             CASE WHEN {views} < 0 THEN -{views} ELSE 0 END, CASE WHEN {viewers} < 0 THEN -{viewers} ELSE 0 END, \
             'its rows added up to less than none' FROM counts WHERE {views} < 0 OR {viewers} < 0"
        ),
    )?;
    run(
        connection,
        format!(
            "UPDATE counts SET views = {views}, viewers = {viewers} WHERE views <> {views} OR viewers <> {viewers}"
        ),
    )?;
    run(
        connection,
        "DELETE FROM hourly_views WHERE post = 0".to_owned(),
    )?;
    run(
        connection,
        format!(
            "INSERT INTO hourly_views (post, hour, views) \
             SELECT 0, hour, {} FROM hourly_views GROUP BY hour",
            sum_text("views")
        ),
    )?;
    site_numbers::recount(connection)?;
    referrers_check::repair_site(connection)?;
    for wrong in trends::wrong(connection)? {
        trends::set(connection, wrong.post, wrong.hours)?;
    }
    Ok(())
}

/// Indexes anew the posts that are found by other terms than their own.
fn mend_search(connection: &mut DbConnection) -> Result<(), StoreError> {
    let wrong = search_check::wrong(connection)?;
    for post in wrong.outdated {
        let (title, summary): (String, String) = posts::table
            .find(post)
            .select((posts::title, posts::summary))
            .get_result(connection)?;
        search::put(connection, post, &title, &summary)?;
    }
    for post in wrong.missing {
        search::remove(connection, post)?;
    }
    Ok(())
}

fn run(connection: &mut DbConnection, statement: String) -> Result<(), StoreError> {
    diesel::sql_query(statement).execute(connection)?;
    Ok(())
}
