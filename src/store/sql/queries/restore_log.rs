//! The shares of imported logs, from an export.

use diesel::prelude::*;

use super::backend::DbConnection;
use crate::model::Record;
use crate::store::error::StoreError;
use crate::store::sql::schema::{
    log_hours, log_ledger, log_past_viewers, log_posts, log_viewings, log_windows,
    removed_log_hours,
};

/// Inserts a record of a log's share; one of another kind is given back.
pub(super) fn insert(
    connection: &mut DbConnection,
    record: Record,
) -> Result<Option<Record>, StoreError> {
    match record {
        Record::LogHour {
            log,
            post,
            hour,
            views,
        } => diesel::insert_into(log_hours::table)
            .values((
                log_hours::log.eq(log),
                log_hours::post.eq(post),
                log_hours::hour.eq(hour),
                log_hours::views.eq(views),
            ))
            .execute(connection)?,
        Record::RemovedLogHour {
            log,
            post,
            correction,
            hour,
            views,
        } => diesel::insert_into(removed_log_hours::table)
            .values((
                removed_log_hours::log.eq(log),
                removed_log_hours::post.eq(post),
                removed_log_hours::correction.eq(correction),
                removed_log_hours::hour.eq(hour),
                removed_log_hours::views.eq(views),
            ))
            .execute(connection)?,
        Record::LogUncounted {
            log,
            post,
            day,
            reason,
            count,
        } => diesel::insert_into(log_ledger::table)
            .values((
                log_ledger::log.eq(log),
                log_ledger::post.eq(post),
                log_ledger::day.eq(day),
                log_ledger::reason.eq(reason),
                log_ledger::count.eq(count),
            ))
            .execute(connection)?,
        Record::LogViewing {
            post,
            viewer,
            log,
            first,
            last,
            views,
        } => diesel::insert_into(log_viewings::table)
            .values((
                log_viewings::post.eq(post),
                log_viewings::viewer.eq(viewer),
                log_viewings::log.eq(log),
                log_viewings::first.eq(first),
                log_viewings::last.eq(last),
                log_viewings::views.eq(views),
            ))
            .execute(connection)?,
        Record::LogWindow {
            post,
            viewer,
            start,
            log,
            batch,
            at,
            counted,
        } => diesel::insert_into(log_windows::table)
            .values((
                log_windows::post.eq(post),
                log_windows::viewer.eq(viewer),
                log_windows::start.eq(start),
                log_windows::log.eq(log),
                log_windows::batch.eq(batch),
                log_windows::at.eq(at),
                log_windows::counted.eq(counted),
            ))
            .execute(connection)?,
        Record::LogPastViewers { log, post, viewers } => {
            diesel::insert_into(log_past_viewers::table)
                .values((
                    log_past_viewers::log.eq(log),
                    log_past_viewers::post.eq(post),
                    log_past_viewers::viewers.eq(viewers),
                ))
                .execute(connection)?
        }
        Record::LogPost { log, post } => diesel::insert_into(log_posts::table)
            .values((log_posts::log.eq(log), log_posts::post.eq(post)))
            .execute(connection)?,
        other => return Ok(Some(other)),
    };
    Ok(None)
}
