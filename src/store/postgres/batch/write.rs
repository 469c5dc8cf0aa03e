//! A batch's rows, written.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Text};

use super::super::queries::log_batch::LogBatch;
use super::super::queries::site_numbers::Added;
use super::rows::{Counts, Rows, columns};
use crate::model::{PostId, Reason, SITE};
use crate::sink::{BatchResult, PostTotals};
use crate::store::error::StoreError;
use crate::store::sql::columns::to_column;
use crate::store::sql::trend;

/// What a batch comes to.
#[derive(Default)]
pub struct Sums {
    pub batch: BatchResult,
    site_hours: BTreeMap<(PostId, i64), u64>,
    /// What it adds to the numbers of the site.
    added: Added,
}

/// Writes the rows of posts. `numbers` are those of the posts, locked.
pub fn write_posts(
    connection: &mut PgConnection,
    rows: &Rows,
    numbers: &mut BTreeMap<PostId, Counts>,
    log: Option<LogBatch>,
) -> Result<Sums, StoreError> {
    let mut sums = Sums::default();
    let mut hours = rows.hours.iter().peekable();
    while let Some(&(&(post, _), _)) = hours.peek() {
        let Some(counts) = numbers.get_mut(&post) else {
            return Err(StoreError::Unavailable(
                "a post whose rows were locked is gone".to_owned(),
            ));
        };
        let before = *counts;
        let mut counted = 0;
        while let Some((&(_, hour), &views)) = hours.next_if(|((next, _), _)| *next == post) {
            counts.trend = trend::add(counts.trend, views, hour);
            *sums.site_hours.entry((SITE, hour)).or_default() += views;
            counted += views;
        }
        counts.views = before.views.saturating_add(to_column(counted));
        let new_viewers = rows.new_viewers.get(&post).copied().unwrap_or(0);
        counts.viewers = before.viewers.saturating_add(new_viewers);
        let added = &mut sums.added;
        added.views = added.views.saturating_add(counts.views - before.views);
        added.viewers = added
            .viewers
            .saturating_add(counts.viewers - before.viewers);
        sums.batch.counted += counted;
        sums.batch.totals.push(PostTotals {
            post,
            views: counts.views,
            viewers: counts.viewers,
        });
    }
    add_hours(connection, &rows.hours)?;
    set_counts(connection, &sums.batch.totals, numbers)?;
    if let Some(log) = log {
        add_log_hours(connection, log, &rows.hours)?;
    }
    Ok(sums)
}

/// Writes the ledger, and the rows of the site.
pub fn write_site(
    connection: &mut PgConnection,
    rows: &Rows,
    sums: &mut Sums,
    log: Option<LogBatch>,
) -> Result<(), StoreError> {
    for (&(_, _, reason), &count) in &rows.ledger {
        sums.batch.uncounted.add(reason, count);
    }
    if let Some(log) = log {
        add_to_log_ledger(connection, log, &rows.ledger)?;
    }
    add_to_ledger(connection, &rows.ledger)?;
    add_hours(connection, &sums.site_hours)?;
    sums.added.uncounted = sums.batch.uncounted;
    add_to_site(connection, &sums.added)
}

/// The columns of hours, in the order of the table's.
fn hour_columns(hours: &BTreeMap<(PostId, i64), u64>) -> [Vec<i64>; 3] {
    columns(
        hours
            .iter()
            .map(|(&(post, hour), &views)| [post, hour, to_column(views)]),
    )
}

fn add_hours(
    connection: &mut PgConnection,
    hours: &BTreeMap<(PostId, i64), u64>,
) -> Result<(), StoreError> {
    if hours.is_empty() {
        return Ok(());
    }
    let [post, hour, views] = hour_columns(hours);
    diesel::sql_query(
        "INSERT INTO hourly_views (post, hour, views) SELECT * FROM unnest($1, $2, $3) \
         ON CONFLICT (post, hour) DO UPDATE SET views = hourly_views.views + excluded.views",
    )
    .bind::<Array<BigInt>, _>(post)
    .bind::<Array<BigInt>, _>(hour)
    .bind::<Array<BigInt>, _>(views)
    .execute(connection)?;
    Ok(())
}

fn add_log_hours(
    connection: &mut PgConnection,
    log: LogBatch,
    hours: &BTreeMap<(PostId, i64), u64>,
) -> Result<(), StoreError> {
    let [post, hour, views] = hour_columns(hours);
    diesel::sql_query(
        "INSERT INTO log_hours (post, hour, views, log) SELECT *, $4 FROM unnest($1, $2, $3) \
         ON CONFLICT (post, log, hour) DO UPDATE SET views = log_hours.views + excluded.views",
    )
    .bind::<Array<BigInt>, _>(post)
    .bind::<Array<BigInt>, _>(hour)
    .bind::<Array<BigInt>, _>(views)
    .bind::<BigInt, _>(log.log)
    .execute(connection)?;
    Ok(())
}

fn set_counts(
    connection: &mut PgConnection,
    totals: &[PostTotals],
    numbers: &BTreeMap<PostId, Counts>,
) -> Result<(), StoreError> {
    if totals.is_empty() {
        return Ok(());
    }
    let [post, views, viewers] = columns(
        totals
            .iter()
            .map(|totals| [totals.post, totals.views, totals.viewers]),
    );
    let trends = totals.iter().map(|totals| numbers[&totals.post].trend);
    diesel::sql_query(
        "UPDATE counts SET views = new.views, viewers = new.viewers, trend = new.trend, \
         changed = pg_current_xact_id()::text::bigint \
         FROM unnest($1, $2, $3, $4) AS new (post, views, viewers, trend) WHERE counts.post = new.post",
    )
    .bind::<Array<BigInt>, _>(post)
    .bind::<Array<BigInt>, _>(views)
    .bind::<Array<BigInt>, _>(viewers)
    .bind::<Array<Double>, _>(Vec::from_iter(trends))
    .execute(connection)?;
    Ok(())
}

/// The columns of ledger entries, in the order of the table's.
type LedgerColumns = (Vec<i64>, Vec<i64>, Vec<&'static str>, Vec<i64>);

fn ledger_columns(ledger: &BTreeMap<(PostId, i64, Reason), u64>) -> LedgerColumns {
    (
        ledger.keys().map(|key| key.0).collect(),
        ledger.keys().map(|key| key.1).collect(),
        ledger.keys().map(|key| key.2.name()).collect(),
        ledger.values().copied().map(to_column).collect(),
    )
}

fn add_to_ledger(
    connection: &mut PgConnection,
    ledger: &BTreeMap<(PostId, i64, Reason), u64>,
) -> Result<(), StoreError> {
    if ledger.is_empty() {
        return Ok(());
    }
    let (post, day, reason, count) = ledger_columns(ledger);
    diesel::sql_query(
        "INSERT INTO ledger (post, day, reason, count) SELECT * FROM unnest($1, $2, $3, $4) \
         ON CONFLICT (post, day, reason) DO UPDATE SET count = ledger.count + excluded.count",
    )
    .bind::<Array<BigInt>, _>(post)
    .bind::<Array<BigInt>, _>(day)
    .bind::<Array<Text>, _>(reason)
    .bind::<Array<BigInt>, _>(count)
    .execute(connection)?;
    Ok(())
}

fn add_to_log_ledger(
    connection: &mut PgConnection,
    log: LogBatch,
    ledger: &BTreeMap<(PostId, i64, Reason), u64>,
) -> Result<(), StoreError> {
    let (post, day, reason, count) = ledger_columns(ledger);
    diesel::sql_query(
        "INSERT INTO log_ledger (post, day, reason, count, log) SELECT *, $5 FROM unnest($1, $2, $3, $4) \
         ON CONFLICT (post, log, day, reason) DO UPDATE SET count = log_ledger.count + excluded.count",
    )
    .bind::<Array<BigInt>, _>(post)
    .bind::<Array<BigInt>, _>(day)
    .bind::<Array<Text>, _>(reason)
    .bind::<Array<BigInt>, _>(count)
    .bind::<BigInt, _>(log.log)
    .execute(connection)?;
    Ok(())
}

/// Adds to the numbers of the site, in the order of their names.
fn add_to_site(connection: &mut PgConnection, added: &Added) -> Result<(), StoreError> {
    let numbers: BTreeMap<&str, i64> = added.numbers().filter(|(_, number)| *number != 0).collect();
    if numbers.is_empty() {
        return Ok(());
    }
    // What no column can hold becomes the largest that one can.
    diesel::sql_query(
        "INSERT INTO site_numbers (name, number) SELECT * FROM unnest($1, $2) \
         ON CONFLICT (name) DO UPDATE SET number = GREATEST(LEAST(site_numbers.number::numeric + excluded.number, \
         9223372036854775807), -9223372036854775807)::bigint",
    )
    .bind::<Array<Text>, _>(Vec::from_iter(numbers.keys().copied()))
    .bind::<Array<BigInt>, _>(Vec::from_iter(numbers.values().copied()))
    .execute(connection)?;
    Ok(())
}
