//! Imported access logs. A log's progress is written in the transaction of the batch it belongs to, so a stop in
//! between leaves neither.

use diesel::prelude::*;

use super::backend::DbConnection;
use super::posts;
use crate::model::{PostContent, PostId, PostKey, TimestampMs};
use crate::store::error::StoreError;
use crate::store::imported_log::{FoundPosts, ImportedLog, KnownLog, LogId, LogProgress};
use crate::store::sql::columns::to_column;
use crate::store::sql::schema::imported_logs;

/// The import's shares are recorded from its first batch on: see the migration.
const UNDO_POSSIBLE: i64 = 1;

/// The logs that begin with this line, the shortest first.
pub(super) fn beginning_with(
    connection: &mut DbConnection,
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

/// Records how much of a log is imported.
///
/// # Errors
/// [`StoreError::Changed`] when the store holds another progress than the caller saw.
pub(super) fn record(
    connection: &mut DbConnection,
    progress: &LogProgress,
) -> Result<LogId, StoreError> {
    let bytes = to_column(progress.bytes);
    match progress.known {
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
            Ok(id)
        }
        KnownLog::Nothing { alike } => {
            if beginning_with(connection, &progress.head)?.len() != alike {
                return Err(StoreError::Changed);
            }
            let id = diesel::insert_into(imported_logs::table)
                .values((
                    imported_logs::head.eq(&progress.head),
                    imported_logs::bytes.eq(bytes),
                    imported_logs::hash.eq(&progress.hash),
                    imported_logs::at.eq(progress.at.0),
                    imported_logs::undo.eq(UNDO_POSSIBLE),
                ))
                .returning(imported_logs::id)
                .get_result(connection)?;
            Ok(id)
        }
    }
}

/// The posts with these slugs.
pub(super) fn find(
    connection: &mut DbConnection,
    slugs: &[(&str, TimestampMs)],
) -> Result<FoundPosts, StoreError> {
    let ids = slugs
        .iter()
        .map(|&(slug, _)| posts::id_of(connection, PostKey::Slug(slug)))
        .collect::<Result<Vec<Option<PostId>>, StoreError>>()?;
    Ok(FoundPosts {
        ids,
        created: Vec::new(),
    })
}

/// The posts with these slugs, of which each missing one is created as of its time.
pub(super) fn find_or_create(
    connection: &mut DbConnection,
    slugs: &[(&str, TimestampMs)],
) -> Result<FoundPosts, StoreError> {
    let mut found = FoundPosts::default();
    for &(slug, time) in slugs {
        let id = match posts::id_of(connection, PostKey::Slug(slug))? {
            Some(id) => id,
            None => {
                let id = create_empty(connection, slug, time)?;
                found.created.push(id);
                id
            }
        };
        found.ids.push(Some(id));
    }
    Ok(found)
}

fn create_empty(
    connection: &mut DbConnection,
    slug: &str,
    time: TimestampMs,
) -> Result<PostId, StoreError> {
    let content = PostContent {
        slug: slug.to_owned(),
        title: slug.to_owned(),
        summary: String::new(),
        body: String::new(),
        tags: Vec::new(),
        published_at: time,
        updated_at: time,
    };
    Ok(posts::create(connection, &content, None)?.id)
}
