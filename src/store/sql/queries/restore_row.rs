//! Records of an export, as the rows they were.

use diesel::prelude::*;

use super::backend::{DbConnection, search};
use super::log_key;
use super::posts::insert_tags;
use crate::model::{PostRecord, Record};
use crate::store::error::StoreError;
use crate::store::sql::schema::{
    applied_spills, corrections, counted_windows, counts, deleted_posts, drains, hourly_views,
    imported_logs, ledger, log_hours, log_ledger, log_past_viewers, log_posts, log_viewings,
    log_windows, posts, referrers, removed_hours, removed_log_hours, viewers, viewings,
};
use crate::store::sql::tags;

/// Inserts all of a kind whose fields are named like their columns, in one statement.
macro_rules! insert_all {
    ($connection:ident, $records:ident, $kind:ident { $($field:ident),+ } => $table:ident) => {{
        let rows: Vec<_> = $records
            .into_iter()
            .filter_map(|record| match record {
                Record::$kind { $($field),+ } => Some(($($table::$field.eq($field)),+,)),
                _ => None,
            })
            .collect();
        diesel::insert_into($table::table).values(rows).execute($connection)?;
    }};
}

/// Inserts records, all of one kind.
pub(super) fn insert(
    connection: &mut DbConnection,
    records: Vec<Record>,
) -> Result<(), StoreError> {
    let Some(first) = records.first() else {
        return Ok(());
    };
    match first {
        Record::Hour { .. } => {
            insert_all!(connection, records, Hour { post, hour, views } => hourly_views);
        }
        Record::Uncounted { .. } => {
            insert_all!(connection, records, Uncounted { post, day, reason, count } => ledger);
        }
        Record::Viewer { .. } => insert_all!(connection, records, Viewer { id, name } => viewers),
        Record::Viewing { .. } => {
            insert_all!(connection, records, Viewing { post, viewer, first, last, views, counted_at } => viewings);
        }
        Record::Window { .. } => {
            insert_all!(connection, records, Window { post, viewer, start } => counted_windows);
        }
        Record::Correction { .. } => {
            insert_all!(connection, records, Correction {
                id, post, at, views, viewers, reason, hour_views, from_hour, to_hour, takes_back
            } => corrections);
        }
        Record::RemovedHour { .. } => {
            insert_all!(connection, records, RemovedHour { post, correction, hour, views } => removed_hours);
        }
        Record::Deleted { .. } => {
            insert_all!(connection, records, Deleted { post, at, slug } => deleted_posts);
        }
        Record::Referrer { .. } => {
            insert_all!(connection, records, Referrer { post, day, host, views } => referrers);
        }
        Record::Log { .. } => {
            insert_all!(connection, records, Log { id, head, bytes, hash, at, undo } => imported_logs);
        }
        Record::LogPost { .. } => {
            insert_all!(connection, records, LogPost { log, post } => log_posts)
        }
        Record::LogHour { .. } => {
            insert_all!(connection, records, LogHour { log, post, hour, views } => log_hours);
        }
        Record::RemovedLogHour { .. } => {
            insert_all!(connection, records, RemovedLogHour { log, post, correction, hour, views } => removed_log_hours);
        }
        Record::LogUncounted { .. } => {
            insert_all!(connection, records, LogUncounted { log, post, day, reason, count } => log_ledger);
        }
        Record::LogViewing { .. } => {
            insert_all!(connection, records, LogViewing { post, viewer, log, first, last, views } => log_viewings);
        }
        Record::LogWindow { .. } => {
            insert_all!(connection, records, LogWindow { post, viewer, start, log, batch, at, counted } => log_windows);
        }
        Record::LogPastViewers { .. } => {
            insert_all!(connection, records, LogPastViewers { log, post, viewers } => log_past_viewers);
        }
        _ => {
            for record in records {
                insert_one(connection, record)?;
            }
        }
    }
    Ok(())
}

/// Inserts a record of a kind that takes more than its row.
fn insert_one(connection: &mut DbConnection, record: Record) -> Result<(), StoreError> {
    match record {
        Record::Post(post) => insert_post(connection, &post)?,
        Record::Spill { id, applied_at } => {
            diesel::delete(applied_spills::table.find(&id)).execute(connection)?;
            diesel::insert_into(applied_spills::table)
                .values((
                    applied_spills::id.eq(id),
                    applied_spills::applied_at.eq(applied_at),
                ))
                .execute(connection)?;
        }
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
                .execute(connection)?;
        }
        Record::LogKey { key } => {
            log_key::set(connection, &key)?;
        }
        _ => {
            return Err(StoreError::Refused(
                "it has its first or last line in its middle".to_owned(),
            ));
        }
    }
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
