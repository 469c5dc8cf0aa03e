//! One record of an export, as the row it was.

use diesel::prelude::*;

use super::backend::{DbConnection, search};
use super::posts::insert_tags;
use super::{counted_windows, log_key, restore_log};
use crate::model::{PostRecord, Record};
use crate::store::error::StoreError;
use crate::store::sql::schema::{
    applied_spills, corrections, counts, deleted_posts, drains, hourly_views, imported_logs,
    ledger, posts, referrers, removed_hours, viewers, viewings,
};
use crate::store::sql::tags;

/// Inserts one record.
pub(super) fn insert(connection: &mut DbConnection, record: Record) -> Result<(), StoreError> {
    match record {
        Record::Post(post) => insert_post(connection, &post)?,
        Record::Hour { post, hour, views } => {
            diesel::insert_into(hourly_views::table)
                .values((
                    hourly_views::post.eq(post),
                    hourly_views::hour.eq(hour),
                    hourly_views::views.eq(views),
                ))
                .execute(connection)?;
        }
        Record::Uncounted {
            post,
            day,
            reason,
            count,
        } => {
            diesel::insert_into(ledger::table)
                .values((
                    ledger::post.eq(post),
                    ledger::day.eq(day),
                    ledger::reason.eq(reason),
                    ledger::count.eq(count),
                ))
                .execute(connection)?;
        }
        Record::Viewing {
            post,
            viewer,
            first,
            last,
            views,
            counted_at,
        } => {
            diesel::insert_into(viewings::table)
                .values((
                    viewings::post.eq(post),
                    viewings::viewer.eq(viewer),
                    viewings::first.eq(first),
                    viewings::last.eq(last),
                    viewings::views.eq(views),
                    viewings::counted_at.eq(counted_at),
                ))
                .execute(connection)?;
        }
        Record::Window {
            post,
            viewer,
            start,
        } => {
            counted_windows::add(connection, post, viewer, start)?;
        }
        Record::Viewtally { .. } | Record::Numbers { .. } | Record::End { .. } => {
            return Err(StoreError::Refused(
                "it has its first or last line in its middle".to_owned(),
            ));
        }
        other => {
            if let Some(rare) = restore_log::insert(connection, other)? {
                insert_rare(connection, rare)?;
            }
        }
    }
    Ok(())
}

/// Inserts a record of the kinds that are few.
fn insert_rare(connection: &mut DbConnection, record: Record) -> Result<(), StoreError> {
    match record {
        Record::Correction {
            id,
            post,
            at,
            views,
            viewers,
            reason,
            hour_views,
            from_hour,
            to_hour,
            takes_back,
        } => diesel::insert_into(corrections::table)
            .values((
                corrections::id.eq(id),
                corrections::post.eq(post),
                corrections::at.eq(at),
                corrections::views.eq(views),
                corrections::viewers.eq(viewers),
                corrections::reason.eq(reason),
                corrections::hour_views.eq(hour_views),
                corrections::from_hour.eq(from_hour),
                corrections::to_hour.eq(to_hour),
                corrections::takes_back.eq(takes_back),
            ))
            .execute(connection)?,
        Record::RemovedHour {
            post,
            correction,
            hour,
            views,
        } => diesel::insert_into(removed_hours::table)
            .values((
                removed_hours::post.eq(post),
                removed_hours::correction.eq(correction),
                removed_hours::hour.eq(hour),
                removed_hours::views.eq(views),
            ))
            .execute(connection)?,
        Record::Deleted { post, at, slug } => diesel::insert_into(deleted_posts::table)
            .values((
                deleted_posts::post.eq(post),
                deleted_posts::at.eq(at),
                deleted_posts::slug.eq(slug),
            ))
            .execute(connection)?,
        Record::Referrer {
            post,
            day,
            host,
            views,
        } => diesel::insert_into(referrers::table)
            .values((
                referrers::post.eq(post),
                referrers::day.eq(day),
                referrers::host.eq(host),
                referrers::views.eq(views),
            ))
            .execute(connection)?,
        Record::Viewer { id, name } => diesel::insert_into(viewers::table)
            .values((viewers::id.eq(id), viewers::name.eq(name)))
            .execute(connection)?,
        Record::Spill { id, applied_at } => {
            diesel::delete(applied_spills::table.find(&id)).execute(connection)?;
            diesel::insert_into(applied_spills::table)
                .values((
                    applied_spills::id.eq(id),
                    applied_spills::applied_at.eq(applied_at),
                ))
                .execute(connection)?
        }
        Record::Log {
            id,
            head,
            bytes,
            hash,
            at,
            undo,
        } => diesel::insert_into(imported_logs::table)
            .values((
                imported_logs::id.eq(id),
                imported_logs::head.eq(head),
                imported_logs::bytes.eq(bytes),
                imported_logs::hash.eq(hash),
                imported_logs::at.eq(at),
                imported_logs::undo.eq(undo),
            ))
            .execute(connection)?,
        Record::Stop {
            at,
            took,
            written,
            unwritten,
        } => {
            diesel::delete(drains::table.find(at)).execute(connection)?;
            diesel::insert_into(drains::table)
                .values((
                    drains::at.eq(at),
                    drains::took.eq(took),
                    drains::written.eq(written),
                    drains::unwritten.eq(unwritten),
                ))
                .execute(connection)?
        }
        Record::LogKey { key } => log_key::set(connection, &key)?,
        _ => 0,
    };
    Ok(())
}

fn insert_post(connection: &mut DbConnection, post: &PostRecord) -> Result<(), StoreError> {
    diesel::insert_into(posts::table)
        .values((
            posts::id.eq(post.id),
            posts::slug.eq(&post.slug),
            posts::title.eq(&post.title),
            posts::summary.eq(&post.summary),
            posts::body.eq(&post.body),
            posts::tags.eq(tags::to_text(&post.tags)),
            posts::published_at.eq(post.published_at),
            posts::updated_at.eq(post.updated_at),
            posts::revision.eq(post.revision),
            posts::source.eq(post.source.as_deref()),
            posts::source_path.eq(post.source_path.as_deref()),
            posts::address.eq(post.address.as_deref()),
        ))
        .execute(connection)?;
    diesel::insert_into(counts::table)
        .values((
            counts::post.eq(post.id),
            counts::views.eq(post.views),
            counts::viewers.eq(post.viewers),
            counts::past_viewers.eq(post.past_viewers),
            counts::trend.eq(post.trend),
        ))
        .execute(connection)?;
    insert_tags(connection, post.id, &post.tags)?;
    search::put(connection, post.id, &post.title, &post.summary)
}
