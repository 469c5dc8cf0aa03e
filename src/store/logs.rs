//! Access logs that were imported: how far, so that a log is counted once and one that has grown is continued.
//!
//! How far is written in the transaction of the batch it belongs to. A stop in between leaves neither.

use diesel::prelude::*;

use super::apply::{apply, to_column};
use super::error::StoreError;
use super::imported_log::{FoundPosts, ImportedLog, KnownLog, LogId, LogProgress};
use super::posts;
use super::schema::imported_logs;
use crate::model::{Batch, PostContent, PostKey, TimestampMs};
use crate::sink::BatchResult;

/// The logs that begin with this line, the shortest first.
pub(super) fn beginning_with(
    connection: &mut SqliteConnection,
    head: &str,
) -> Result<Vec<ImportedLog>, StoreError> {
    let rows: Vec<(LogId, i64, String)> = imported_logs::table
        .filter(imported_logs::head.eq(head))
        .select((imported_logs::id, imported_logs::bytes, imported_logs::hash))
        .order((imported_logs::bytes, imported_logs::id))
        .load(connection)?;
    let log = |(id, bytes, hash)| ImportedLog {
        id,
        bytes: u64::try_from(bytes).unwrap_or(0),
        hash,
    };
    Ok(rows.into_iter().map(log).collect())
}

/// Applies a batch and notes how far the log is imported with it.
pub(super) fn import_batch(
    connection: &mut SqliteConnection,
    batch: &Batch,
    progress: &LogProgress,
    window: i64,
) -> Result<(BatchResult, LogId), StoreError> {
    let bytes = to_column(progress.bytes);
    let id = match progress.known {
        KnownLog::Part { id, bytes: before } => {
            let unchanged = imported_logs::table
                .find(id)
                .filter(imported_logs::bytes.eq(to_column(before)));
            let updated = diesel::update(unchanged)
                .set((
                    imported_logs::bytes.eq(bytes),
                    imported_logs::hash.eq(&progress.hash),
                    imported_logs::at.eq(progress.at.0),
                ))
                .execute(connection)?;
            if updated == 0 {
                return Err(StoreError::Changed);
            }
            id
        }
        KnownLog::Nothing { alike } => {
            if beginning_with(connection, &progress.head)?.len() != alike {
                return Err(StoreError::Changed);
            }
            diesel::insert_into(imported_logs::table)
                .values((
                    imported_logs::head.eq(&progress.head),
                    imported_logs::bytes.eq(bytes),
                    imported_logs::hash.eq(&progress.hash),
                    imported_logs::at.eq(progress.at.0),
                ))
                .returning(imported_logs::id)
                .get_result(connection)?
        }
    };
    Ok((apply(connection, batch, window)?, id))
}

/// The posts of these slugs; each that is missing is made as of its time, if that is wanted.
pub(super) fn find_or_create(
    connection: &mut SqliteConnection,
    slugs: &[(&str, TimestampMs)],
    create: bool,
) -> Result<FoundPosts, StoreError> {
    let mut found = FoundPosts::default();
    for &(slug, time) in slugs {
        let mut id = posts::id_of(connection, PostKey::Slug(slug))?;
        if id.is_none() && create {
            let content = PostContent {
                slug: slug.to_owned(),
                title: slug.to_owned(),
                summary: String::new(),
                body: String::new(),
                tags: Vec::new(),
                published_at: time,
                updated_at: time,
            };
            id = Some(posts::create(connection, &content, None)?.id);
            found.created += 1;
        }
        found.ids.push(id);
    }
    Ok(found)
}
