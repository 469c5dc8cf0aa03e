//! Counts in the database: applying a batch, and reading the numbers.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::Applied;
use super::error::StoreError;
use super::posts;
use super::schema::{applied_spills, counts, drains, hourly_views, ledger};
use crate::model::{
    Batch, Drain, Entry, LedgerEntry, Millis, PostId, PostKey, Reason, Tally, Uncounted,
};

/// Applies a batch inside the caller's transaction.
pub(super) fn apply(
    connection: &mut SqliteConnection,
    batch: &Batch,
) -> Result<Applied, StoreError> {
    let mut applied = Applied::default();
    let views = batch.sorted_views();
    applied.totals.reserve(views.len());
    for hours in views.chunk_by(|a, b| a.post == b.post) {
        apply_views(connection, hours, &mut applied)?;
    }
    for entry in batch.sorted_ledger() {
        // The post may be gone since; its entry then belongs to none.
        let post = posts::id_of(connection, PostKey::Id(entry.post))?.unwrap_or(0);
        add_to_ledger(connection, LedgerEntry { post, ..entry }, &mut applied)?;
    }
    Ok(applied)
}

/// Applies one post's views, in one or more hours.
fn apply_views(
    connection: &mut SqliteConnection,
    hours: &[Entry],
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let post = hours[0].post;
    let views: u64 = hours.iter().map(|entry| entry.views).sum();
    let total: Option<i64> = diesel::update(counts::table.find(post))
        .set(counts::views.eq(counts::views + to_column(views)))
        .returning(counts::views)
        .get_result(connection)
        .optional()?;
    let Some(total) = total else {
        // Deleted between the read and this commit: the views are told, not forgotten.
        for entry in hours {
            let entry = LedgerEntry {
                post: 0,
                day: Millis(entry.hour).day().0,
                reason: Reason::Dropped,
                count: entry.views,
            };
            add_to_ledger(connection, entry, applied)?;
        }
        return Ok(());
    };
    for entry in hours {
        diesel::insert_into(hourly_views::table)
            .values((
                hourly_views::post.eq(entry.post),
                hourly_views::hour.eq(entry.hour),
                hourly_views::views.eq(to_column(entry.views)),
            ))
            .on_conflict((hourly_views::post, hourly_views::hour))
            .do_update()
            .set(hourly_views::views.eq(hourly_views::views + excluded(hourly_views::views)))
            .execute(connection)?;
    }
    applied.totals.push((post, total));
    applied.counted += views;
    Ok(())
}

fn add_to_ledger(
    connection: &mut SqliteConnection,
    entry: LedgerEntry,
    applied: &mut Applied,
) -> Result<(), StoreError> {
    diesel::insert_into(ledger::table)
        .values((
            ledger::post.eq(entry.post),
            ledger::day.eq(entry.day),
            ledger::reason.eq(entry.reason.name()),
            ledger::count.eq(to_column(entry.count)),
        ))
        .on_conflict((ledger::post, ledger::day, ledger::reason))
        .do_update()
        .set(ledger::count.eq(ledger::count + excluded(ledger::count)))
        .execute(connection)?;
    applied.uncounted.add(entry.reason, entry.count);
    Ok(())
}

/// SQLite's integers are signed; a number beyond them (292 years of a billion views a second) stays at the largest.
fn to_column(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Applies a spilled batch unless its id was applied before.
pub(super) fn replay(
    connection: &mut SqliteConnection,
    spill: &str,
    batch: &Batch,
    now: Millis,
) -> Result<Option<Applied>, StoreError> {
    let new = diesel::insert_or_ignore_into(applied_spills::table)
        .values((
            applied_spills::id.eq(spill),
            applied_spills::applied_at.eq(now.0),
        ))
        .execute(connection)?;
    if new == 0 {
        return Ok(None);
    }
    apply(connection, batch).map(Some)
}

pub(super) fn note_drain(
    connection: &mut SqliteConnection,
    drain: &Drain,
) -> Result<(), StoreError> {
    diesel::replace_into(drains::table)
        .values((
            drains::at.eq(drain.at.0),
            drains::took.eq(drain.took),
            drains::written.eq(to_column(drain.written)),
            drains::unwritten.eq(to_column(drain.unwritten)),
        ))
        .execute(connection)?;
    Ok(())
}

pub(super) fn last_drain(connection: &mut SqliteConnection) -> Result<Option<Drain>, StoreError> {
    let row: Option<(i64, i64, i64, i64)> = drains::table
        .order(drains::at.desc())
        .first(connection)
        .optional()?;
    Ok(row.map(|(at, took, written, unwritten)| Drain {
        at: Millis(at),
        took,
        written: u64::try_from(written).unwrap_or(0),
        unwritten: u64::try_from(unwritten).unwrap_or(0),
    }))
}

pub(super) fn tally(
    connection: &mut SqliteConnection,
    key: PostKey<'_>,
) -> Result<Option<(PostId, Tally)>, StoreError> {
    let Some(id) = posts::id_of(connection, key)? else {
        return Ok(None);
    };
    let (views, viewers): (i64, i64) = counts::table
        .find(id)
        .select((counts::views, counts::viewers))
        .first(connection)?;
    let rows: Vec<(String, i64)> = ledger::table
        .filter(ledger::post.eq(id))
        .select((ledger::reason, ledger::count))
        .load(connection)?;
    let uncounted = sum_by_reason(rows);
    Ok(Some((
        id,
        Tally {
            views,
            viewers,
            uncounted,
        },
    )))
}

pub(super) fn site_tally(connection: &mut SqliteConnection) -> Result<Tally, StoreError> {
    let sum = |column: &str| {
        diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!("COALESCE(SUM({column}), 0)"))
    };
    let (views, viewers): (i64, i64) = counts::table
        .select((sum("views"), sum("viewers")))
        .first(connection)?;
    let rows: Vec<(String, i64)> = ledger::table
        .group_by(ledger::reason)
        .select((ledger::reason, sum("count")))
        .load(connection)?;
    Ok(Tally {
        views,
        viewers,
        uncounted: sum_by_reason(rows),
    })
}

fn sum_by_reason(rows: Vec<(String, i64)>) -> Uncounted {
    let mut uncounted = Uncounted::default();
    for (reason, count) in rows {
        if let Some(reason) = Reason::from_name(&reason) {
            uncounted.add(reason, u64::try_from(count).unwrap_or(0));
        }
    }
    uncounted
}
