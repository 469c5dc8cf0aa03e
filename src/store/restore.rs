//! An export read back whole, into a store that holds nothing yet.

use diesel::prelude::*;

use super::error::StoreError;
use super::posts::{set_tags, tags_to_text};
use super::schema::{
    applied_spills, corrections, counts, drains, hourly_views, imported_logs, ledger, posts,
    viewers, viewings,
};
use crate::model::{EXPORT_VERSION, PostRecord, Record};

/// Keeps every record, of which the first must name the format and the last say that nothing is missing.
///
/// # Errors
/// [`StoreError::Refused`] for a store that holds something, and for records that are not an export's.
pub(super) fn restore(
    connection: &mut SqliteConnection,
    records: &mut dyn Iterator<Item = Record>,
) -> Result<u64, StoreError> {
    if !is_empty(connection)? {
        return refuse("the store holds something already; try --store sqlite:NEW.db");
    }
    match records.next() {
        Some(Record::Viewtally {
            version: EXPORT_VERSION,
        }) => {}
        Some(Record::Viewtally { version }) => {
            return refuse(&format!(
                "it is of format {version}, this program reads {EXPORT_VERSION}; try a newer version of viewtally"
            ));
        }
        _ => return refuse("it does not begin like an export of viewtally"),
    }
    let mut read = 1;
    for record in records {
        match record {
            Record::End { lines } if lines == read => return Ok(read + 1),
            Record::End { lines } => {
                return refuse(&format!(
                    "it has {read} lines and says it should have {lines}"
                ));
            }
            record => keep(connection, record)?,
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

/// Whether there is no post, no view and no log. How earlier runs ended does not matter.
fn is_empty(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    let rows = posts::table.count().get_result::<i64>(connection)?
        + hourly_views::table.count().get_result::<i64>(connection)?
        + ledger::table.count().get_result::<i64>(connection)?
        + viewings::table.count().get_result::<i64>(connection)?
        + viewers::table.count().get_result::<i64>(connection)?
        + corrections::table.count().get_result::<i64>(connection)?
        + imported_logs::table.count().get_result::<i64>(connection)?;
    Ok(rows == 0)
}

fn keep(connection: &mut SqliteConnection, record: Record) -> Result<(), StoreError> {
    match record {
        Record::Post(post) => keep_post(connection, &post)?,
        Record::Numbers {
            posts,
            viewers,
            corrections,
            logs,
        } => {
            let last = [
                ("posts", posts),
                ("viewers", viewers),
                ("corrections", corrections),
                ("imported_logs", logs),
            ];
            set_last_numbers(connection, &last)?;
        }
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
        Record::Viewtally { .. } | Record::End { .. } => {
            return refuse("it has its first or last line in its middle");
        }
        rare => keep_rare(connection, rare)?,
    }
    Ok(())
}

/// What there are few of.
fn keep_rare(connection: &mut SqliteConnection, record: Record) -> Result<(), StoreError> {
    match record {
        Record::Correction {
            id,
            post,
            at,
            views,
            viewers,
            reason,
        } => diesel::insert_into(corrections::table)
            .values((
                corrections::id.eq(id),
                corrections::post.eq(post),
                corrections::at.eq(at),
                corrections::views.eq(views),
                corrections::viewers.eq(viewers),
                corrections::reason.eq(reason),
            ))
            .execute(connection)?,
        Record::Viewer { id, name } => diesel::insert_into(viewers::table)
            .values((viewers::id.eq(id), viewers::name.eq(name)))
            .execute(connection)?,
        Record::Spill { id, applied_at } => diesel::replace_into(applied_spills::table)
            .values((
                applied_spills::id.eq(id),
                applied_spills::applied_at.eq(applied_at),
            ))
            .execute(connection)?,
        Record::Log {
            id,
            head,
            bytes,
            hash,
            at,
        } => diesel::insert_into(imported_logs::table)
            .values((
                imported_logs::id.eq(id),
                imported_logs::head.eq(head),
                imported_logs::bytes.eq(bytes),
                imported_logs::hash.eq(hash),
                imported_logs::at.eq(at),
            ))
            .execute(connection)?,
        Record::Drain {
            at,
            took,
            written,
            unwritten,
        } => diesel::replace_into(drains::table)
            .values((
                drains::at.eq(at),
                drains::took.eq(took),
                drains::written.eq(written),
                drains::unwritten.eq(unwritten),
            ))
            .execute(connection)?,
        _ => 0,
    };
    Ok(())
}

fn keep_post(connection: &mut SqliteConnection, post: &PostRecord) -> Result<(), StoreError> {
    diesel::insert_into(posts::table)
        .values((
            posts::id.eq(post.id),
            posts::slug.eq(&post.slug),
            posts::title.eq(&post.title),
            posts::title_key.eq(post.title.to_lowercase()),
            posts::summary.eq(&post.summary),
            posts::body.eq(&post.body),
            posts::tags.eq(tags_to_text(&post.tags)),
            posts::published_at.eq(post.published_at),
            posts::updated_at.eq(post.updated_at),
            posts::revision.eq(post.revision),
            posts::source.eq(post.source.as_deref()),
            posts::source_path.eq(post.source_path.as_deref()),
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
    set_tags(connection, post.id, &post.tags)
}

/// Makes the database go on counting where the exported one was. Inserting a row with a higher number raises it further.
fn set_last_numbers(
    connection: &mut SqliteConnection,
    last: &[(&str, i64)],
) -> Result<(), StoreError> {
    use diesel::sql_types::{BigInt, Text};
    for (table, number) in last {
        // SQLite makes the row with the table's first insertion, and has no unique key on it.
        diesel::sql_query("DELETE FROM sqlite_sequence WHERE name = ?")
            .bind::<Text, _>(*table)
            .execute(connection)?;
        if *number == 0 {
            continue;
        }
        diesel::sql_query("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)")
            .bind::<Text, _>(*table)
            .bind::<BigInt, _>(*number)
            .execute(connection)?;
    }
    Ok(())
}
