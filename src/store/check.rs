//! Numbers recomputed from the rows they are made of.
//!
//! `counts` and the site's hours are sums kept so that nobody has to sum; here they are summed. The rows are taken for
//! the truth. In plain SQL, because each of these is one question to the database, whichever it is.

use std::ops::ControlFlow;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::error::StoreError;
use super::row_sink::RowSink;
use crate::model::{Inconsistency, Reason, TimestampMs};

const VIEWS: &str = "CAST((SELECT COALESCE(SUM(h.views), 0) FROM hourly_views h WHERE h.post = counts.post) \
     + (SELECT COALESCE(SUM(k.views), 0) FROM corrections k WHERE k.post = counts.post) AS BIGINT)";
const VIEWERS: &str = "CAST((SELECT COUNT(*) FROM viewings v WHERE v.post = counts.post) + past_viewers \
     + (SELECT COALESCE(SUM(k.viewers), 0) FROM corrections k WHERE k.post = counts.post) AS BIGINT)";

/// Tables whose rows belong to posts without the database holding them to it.
const TABLES: [&str; 4] = ["hourly_views", "ledger", "corrections", "viewings"];

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = BigInt)]
    key: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    kept: i64,
    #[diesel(sql_type = BigInt)]
    summed: i64,
}

/// Tells every difference; returns how many. To be called inside a transaction, so that all are of one moment.
pub(super) fn check(
    connection: &mut SqliteConnection,
    findings: RowSink<'_, Inconsistency>,
) -> Result<u64, StoreError> {
    let mut count = 0;
    let mut wanted = true;
    let mut find = |query: String, difference: &dyn Fn(Finding) -> Inconsistency| {
        let rows = diesel::sql_query(query);
        for row in rows.load_iter::<Finding, DefaultLoadingMode>(connection)? {
            count += 1;
            let finding = difference(row?);
            wanted = wanted && findings(finding).is_continue();
        }
        Ok::<(), StoreError>(())
    };
    for table in TABLES {
        let query = format!(
            "SELECT r.post AS key, '' AS name, r.n AS kept, r.n AS summed FROM \
             (SELECT post, COUNT(*) AS n FROM {table} WHERE post <> 0 GROUP BY post) r \
             LEFT JOIN posts ON posts.id = r.post WHERE posts.id IS NULL ORDER BY r.post"
        );
        find(query, &|found| Inconsistency::Orphans {
            table,
            post: found.key,
            rows: found.summed,
        })?;
    }
    find(
        "SELECT posts.id AS key, slug AS name, 0 AS kept, 0 AS summed FROM posts \
             LEFT JOIN counts ON counts.post = posts.id WHERE counts.post IS NULL ORDER BY posts.id"
            .to_owned(),
        &|found| Inconsistency::NoNumbers {
            post: found.key,
            slug: found.name,
        },
    )?;
    find(
        "SELECT v.viewer AS key, '' AS name, COUNT(*) AS kept, COUNT(*) AS summed FROM viewings v \
             LEFT JOIN viewers ON viewers.id = v.viewer \
             WHERE v.viewer > 0 AND viewers.id IS NULL GROUP BY v.viewer ORDER BY v.viewer"
            .to_owned(),
        &|found| Inconsistency::Nameless {
            viewer: found.key,
            rows: found.summed,
        },
    )?;
    find(
        format!(
            "SELECT post AS key, reason AS name, CAST(SUM(count) AS BIGINT) AS kept, 0 AS summed FROM ledger \
             WHERE reason NOT IN ({}) GROUP BY post, reason ORDER BY post, reason",
            reasons()
        ),
        &|found| Inconsistency::NoReason {
            post: found.key,
            reason: found.name,
            count: found.kept,
        },
    )?;
    for (what, rows) in [("views", VIEWS), ("viewers", VIEWERS)] {
        let query = format!(
            "SELECT t.post AS key, slug AS name, t.kept, t.summed FROM \
             (SELECT post, {what} AS kept, {rows} AS summed FROM counts) t \
             JOIN posts ON posts.id = t.post WHERE t.kept <> t.summed ORDER BY t.post"
        );
        find(query, &|found| Inconsistency::Total {
            post: found.key,
            slug: found.name,
            what,
            is: found.kept,
            rows: found.summed,
        })?;
    }
    find(
        "SELECT hour AS key, '' AS name, \
             CAST(SUM(CASE WHEN post = 0 THEN views ELSE 0 END) AS BIGINT) AS kept, \
             CAST(SUM(CASE WHEN post = 0 THEN 0 ELSE views END) AS BIGINT) AS summed \
             FROM hourly_views GROUP BY hour \
             HAVING SUM(CASE WHEN post = 0 THEN views ELSE -views END) <> 0 ORDER BY hour"
            .to_owned(),
        &|found| Inconsistency::SiteHour {
            hour: TimestampMs(found.key),
            is: found.kept,
            rows: found.summed,
        },
    )?;
    Ok(count)
}

/// Mends what [`check`] tells, in the caller's transaction; returns how many differences there were.
///
/// # Errors
/// [`StoreError::Refused`] if differences are left; then nothing is to be kept.
pub(super) fn repair(
    connection: &mut SqliteConnection,
    findings: RowSink<'_, Inconsistency>,
) -> Result<u64, StoreError> {
    let count = check(connection, findings)?;
    if count == 0 {
        return Ok(0);
    }
    let mut run = |statement: String| diesel::sql_query(statement).execute(connection);
    for table in TABLES {
        run(format!(
            "DELETE FROM {table} WHERE post <> 0 AND post NOT IN (SELECT id FROM posts)"
        ))?;
    }
    run(
        "INSERT INTO counts (post) SELECT id FROM posts WHERE id NOT IN (SELECT post FROM counts)"
            .to_owned(),
    )?;
    // As if they had asked to be forgotten: the views stay, and so does the number of viewers.
    let nameless = "viewer > 0 AND viewer NOT IN (SELECT id FROM viewers)";
    run(format!(
        "UPDATE counts SET past_viewers = past_viewers + \
         (SELECT COUNT(*) FROM viewings v WHERE v.post = counts.post AND {nameless}) \
         WHERE post IN (SELECT post FROM viewings WHERE {nameless})"
    ))?;
    run(format!("DELETE FROM viewings WHERE {nameless}"))?;
    // What is told under no known reason was told all the same.
    let reasons = reasons();
    run(format!(
        "INSERT INTO ledger (post, day, reason, count) \
         SELECT post, day, 'dropped', SUM(count) FROM ledger WHERE reason NOT IN ({reasons}) GROUP BY post, day \
         ON CONFLICT (post, day, reason) DO UPDATE SET count = ledger.count + excluded.count"
    ))?;
    run(format!(
        "DELETE FROM ledger WHERE reason NOT IN ({reasons})"
    ))?;
    run(format!(
        "UPDATE counts SET views = {VIEWS}, viewers = {VIEWERS} WHERE views <> {VIEWS} OR viewers <> {VIEWERS}"
    ))?;
    run("DELETE FROM hourly_views WHERE post = 0".to_owned())?;
    run("INSERT INTO hourly_views (post, hour, views) \
         SELECT 0, hour, SUM(views) FROM hourly_views GROUP BY hour"
        .to_owned())?;
    let mut left = None;
    check(connection, &mut |finding| {
        left = Some(finding);
        ControlFlow::Break(())
    })?;
    match left {
        None => Ok(count),
        Some(left) => Err(StoreError::Refused(format!(
            "nothing was mended, for this would be left: {left}"
        ))),
    }
}

fn reasons() -> String {
    let names: Vec<String> = Reason::ALL
        .iter()
        .map(|reason| format!("'{}'", reason.name()))
        .collect();
    names.join(", ")
}
