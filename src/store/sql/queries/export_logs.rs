//! The shares of imported logs, for an export.

use std::ops::ControlFlow;

use diesel::prelude::*;

use super::backend::DbConnection;
use super::export_rows::{each, send};
use crate::model::Record;
use crate::store::error::StoreError;
use crate::store::row_sink::RowSink;
use crate::store::sql::schema::{
    log_hours, log_ledger, log_past_viewers, log_posts, log_viewings, log_windows,
    removed_log_hours,
};

/// Sends every row of every log's share.
pub(super) fn shares(
    connection: &mut DbConnection,
    rows: RowSink<'_, Record>,
) -> Result<ControlFlow<()>, StoreError> {
    let hours = log_hours::table.order((log_hours::post, log_hours::log, log_hours::hour));
    let removed = removed_log_hours::table.order((
        removed_log_hours::post,
        removed_log_hours::correction,
        removed_log_hours::log,
        removed_log_hours::hour,
    ));
    let uncounted = log_ledger::table.order((
        log_ledger::post,
        log_ledger::log,
        log_ledger::day,
        log_ledger::reason,
    ));
    let seen =
        log_viewings::table.order((log_viewings::post, log_viewings::viewer, log_viewings::log));
    let windows = log_windows::table.order((
        log_windows::post,
        log_windows::viewer,
        log_windows::start,
        log_windows::log,
    ));
    let past = log_past_viewers::table.order((log_past_viewers::post, log_past_viewers::log));
    let made = log_posts::table.order((log_posts::post, log_posts::log));
    each! {
        send(connection, hours, rows, |(post, log, hour, views)| {
            Record::LogHour { log, post, hour, views }
        });
        send(connection, removed, rows, |(post, correction, log, hour, views)| {
            Record::RemovedLogHour { log, post, correction, hour, views }
        });
        send(connection, uncounted, rows, |(post, log, day, reason, count)| {
            Record::LogUncounted { log, post, day, reason, count }
        });
        send(connection, seen, rows, |(post, viewer, log, first, last, views)| {
            Record::LogViewing { post, viewer, log, first, last, views }
        });
        send(connection, windows, rows, |(post, viewer, start, log, batch, at, counted)| {
            Record::LogWindow { post, viewer, start, log, batch, at, counted }
        });
        send(connection, past, rows, |(post, log, viewers)| {
            Record::LogPastViewers { log, post, viewers }
        });
        send(connection, made, rows, |(post, log)| Record::LogPost { log, post });
    }
}
