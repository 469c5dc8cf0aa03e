//! Access logs that were imported: how far, so that a log is counted once and one that has grown is continued.
//!
//! How far is written in the transaction of the batch it belongs to. A stop in between leaves neither.

use diesel::prelude::*;

use super::apply::{apply, to_column};
use super::error::StoreError;
use super::schema::imported_logs;
use super::{BatchResult, posts};
use crate::model::{Batch, PostContent, PostId, PostKey, TimestampMs};

/// The number of an imported log.
pub type LogId = i64;

/// A log that was imported, or its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedLog {
    /// Its number.
    pub id: LogId,
    /// Bytes imported.
    pub bytes: u64,
    /// Their hash.
    pub hash: String,
}

/// How far a log is imported with a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProgress {
    /// What was known of it before.
    pub known: KnownLog,
    /// Hash of its first line.
    pub head: String,
    /// Bytes imported with this batch and those before.
    pub bytes: u64,
    /// Their hash.
    pub hash: String,
    /// Now.
    pub at: TimestampMs,
}

/// What was known of a log before a batch. Anything else found in its place means that another process imports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownLog {
    /// Nothing; so many other logs begin with the same line.
    Nothing {
        /// How many.
        alike: usize,
    },
    /// So much of it was imported.
    Part {
        /// Its number.
        id: LogId,
        /// Bytes imported.
        bytes: u64,
    },
}

/// Posts found by slug, and how many had to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundPosts {
    /// The numbers, in the order asked; `None` where there is no such post.
    pub ids: Vec<Option<PostId>>,
    /// How many of them are new.
    pub created: u64,
}

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
