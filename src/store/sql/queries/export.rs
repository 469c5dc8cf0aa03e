//! Everything in the store, row by row: what an export consists of.
//!
//! Rows come in the order of their keys and one at a time, so that two exports of the same rows are the same bytes and
//! a million posts take no more memory than one.

use std::collections::HashMap;
use std::ops::ControlFlow;

use diesel::prelude::*;

use super::applied_batches::PREFIX;
use super::backend::DbConnection;
use super::export_logs;
use super::export_rows::{each, send};
use super::last_ids;
use super::log_key;
use super::trends;
use crate::model::{EXPORT_VERSION, PostId, PostRecord, Record};
use crate::store::error::StoreError;
use crate::store::row_sink::RowSink;
use crate::store::sql::schema::{
    applied_spills, corrections, counted_windows, counts, deleted_posts, drains, hourly_views,
    imported_logs, ledger, posts, referrers, removed_hours, viewers, viewings,
};
use crate::store::sql::tags;

/// Sends every row. Inside one transaction, all are of the same moment.
pub(super) fn export(
    connection: &mut DbConnection,
    rows: RowSink<'_, Record>,
) -> Result<(), StoreError> {
    let mut lines = 0;
    let mut counting = |record| {
        lines += 1;
        rows(record)
    };
    if all_rows(connection, &mut counting)?.is_continue() {
        // The last record: nothing follows that a break could stop.
        let _ = rows(Record::End { lines });
    }
    Ok(())
}

fn all_rows(
    connection: &mut DbConnection,
    rows: RowSink<'_, Record>,
) -> Result<ControlFlow<()>, StoreError> {
    let version = EXPORT_VERSION;
    let numbers = last_ids::record(connection)?;
    if rows(Record::Viewtally { version }).is_break() || rows(numbers).is_break() {
        return Ok(ControlFlow::Break(()));
    }
    each! {
        content(connection, rows);
        numbers_of_posts(connection, rows);
        history(connection, rows);
        export_logs::shares(connection, rows);
    }
}

type PostColumns = (
    (i64, String, String, String, String, String),
    (
        i64,
        i64,
        i64,
        Option<String>,
        Option<String>,
        Option<String>,
    ),
    (i64, i64, i64, f64),
);

fn content(
    connection: &mut DbConnection,
    rows: RowSink<'_, Record>,
) -> Result<ControlFlow<()>, StoreError> {
    let query = posts::table
        .inner_join(counts::table)
        .order(posts::id)
        .select((
            (
                posts::id,
                posts::slug,
                posts::title,
                posts::summary,
                posts::body,
                posts::tags,
            ),
            (
                posts::published_at,
                posts::updated_at,
                posts::revision,
                posts::source,
                posts::source_path,
                posts::address,
            ),
            (
                counts::views,
                counts::viewers,
                counts::past_viewers,
                counts::trend,
            ),
        ));
    let mended: HashMap<PostId, f64> = trends::of_infinite(connection)?.into_iter().collect();
    send(
        connection,
        query,
        rows,
        |(text, origin, numbers): PostColumns| {
            let (id, slug, title, summary, body, tags) = text;
            let (published_at, updated_at, revision, source, source_path, address) = origin;
            let (views, viewers, past_viewers, trend) = numbers;
            Record::Post(Box::new(PostRecord {
                id,
                slug,
                title,
                summary,
                body,
                tags: tags::from_text(&tags),
                published_at,
                updated_at,
                revision,
                source,
                source_path,
                address,
                views,
                viewers,
                past_viewers,
                trend: mended.get(&id).copied().unwrap_or(trend),
            }))
        },
    )
}

type CorrectedNumber = (i64, i64, i64, i64, i64, String);
type CorrectedHours = (i64, Option<i64>, Option<i64>, Option<i64>);

fn numbers_of_posts(
    connection: &mut DbConnection,
    rows: RowSink<'_, Record>,
) -> Result<ControlFlow<()>, StoreError> {
    let hours = hourly_views::table.order((hourly_views::post, hourly_views::hour));
    let uncounted = ledger::table.order((ledger::post, ledger::day, ledger::reason));
    let corrected = corrections::table.order(corrections::id).select((
        (
            corrections::id,
            corrections::post,
            corrections::at,
            corrections::views,
            corrections::viewers,
            corrections::reason,
        ),
        (
            corrections::hour_views,
            corrections::from_hour,
            corrections::to_hour,
            corrections::takes_back,
        ),
    ));
    let came_from = referrers::table.order((referrers::post, referrers::day, referrers::host));
    let removed = removed_hours::table.order((
        removed_hours::post,
        removed_hours::correction,
        removed_hours::hour,
    ));
    let deleted = deleted_posts::table.order(deleted_posts::post);
    each! {
        send(connection, deleted, rows, |(post, at, slug)| Record::Deleted { post, at, slug });
        send(connection, hours, rows, |(post, hour, views)| Record::Hour { post, hour, views });
        send(connection, uncounted, rows, |(post, day, reason, count)| {
            Record::Uncounted { post, day, reason, count }
        });
        send(connection, came_from, rows, |(post, day, host, views)| {
            Record::Referrer { post, day, host, views }
        });
        send(connection, corrected, rows, |(number, hours): (CorrectedNumber, CorrectedHours)| {
            let (id, post, at, views, viewers, reason) = number;
            let (hour_views, from_hour, to_hour, takes_back) = hours;
            Record::Correction {
                id, post, at, views, viewers, reason, hour_views, from_hour, to_hour, takes_back,
            }
        });
        send(connection, removed, rows, |(post, correction, hour, views)| {
            Record::RemovedHour { post, correction, hour, views }
        });
    }
}

fn history(
    connection: &mut DbConnection,
    rows: RowSink<'_, Record>,
) -> Result<ControlFlow<()>, StoreError> {
    let named = viewers::table.order(viewers::id);
    let seen = viewings::table.order((viewings::post, viewings::viewer));
    let windows = counted_windows::table.order((
        counted_windows::post,
        counted_windows::viewer,
        counted_windows::start,
    ));
    if let Some(key) = log_key::record(connection)?
        && rows(key).is_break()
    {
        return Ok(ControlFlow::Break(()));
    }
    let spills = applied_spills::table
        .filter(applied_spills::id.not_like(format!("{PREFIX}%")))
        .order(applied_spills::id);
    let logs = imported_logs::table.order(imported_logs::id);
    let stops = drains::table.order(drains::at);
    each! {
        send(connection, named, rows, |(id, name)| Record::Viewer { id, name });
        send(connection, seen, rows, |(post, viewer, first, last, views, counted_at)| {
            Record::Viewing { post, viewer, first, last, views, counted_at }
        });
        send(connection, windows, rows, |(post, viewer, start)| {
            Record::Window { post, viewer, start }
        });
        send(connection, spills, rows, |(id, applied_at)| Record::Spill { id, applied_at });
        send(connection, logs, rows, |(id, head, bytes, hash, at, undo)| {
            Record::Log { id, head, bytes, hash, at, undo }
        });
        send(connection, stops, rows, |(at, took, written, unwritten)| {
            Record::Stop { at, took, written, unwritten }
        });
    }
}
