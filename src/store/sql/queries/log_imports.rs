//! Imported access logs. A log's progress is written in the transaction of the batch it belongs to, so a stop in
//! between leaves neither.

use diesel::prelude::*;

use super::backend::DbConnection;
use super::{page_posts, posts};
use crate::model::{NewPage, PostContent, PostId, PostKey};
use crate::store::error::StoreError;
use crate::store::imported_log::{
    FoundPosts, ImportedLog, KnownLog, LogId, LogProgress, LoggedPost,
};
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

/// The posts of these names.
pub(super) fn find(
    connection: &mut DbConnection,
    names: &[LoggedPost<'_>],
) -> Result<FoundPosts, StoreError> {
    let ids = names
        .iter()
        .map(|name| find_one(connection, name))
        .collect::<Result<Vec<Option<PostId>>, StoreError>>()?;
    Ok(FoundPosts {
        ids,
        created: Vec::new(),
    })
}

/// The posts of these names, of which each missing one is created as of its time.
pub(super) fn find_or_create(
    connection: &mut DbConnection,
    names: &[LoggedPost<'_>],
) -> Result<FoundPosts, StoreError> {
    let mut found = FoundPosts::default();
    for name in names {
        let id = match find_one(connection, name)? {
            Some(id) => Some(id),
            None => {
                let id = create_empty(connection, name)?;
                found.created.extend(id);
                id
            }
        };
        found.ids.push(id);
    }
    Ok(found)
}

fn find_one(
    connection: &mut DbConnection,
    name: &LoggedPost<'_>,
) -> Result<Option<PostId>, StoreError> {
    match name.pages.as_slice() {
        [] => posts::id_of(connection, PostKey::Slug(name.slug)),
        pages => page_posts::find_on_any(connection, pages),
    }
}

/// `None` where the post is deleted.
fn create_empty(
    connection: &mut DbConnection,
    name: &LoggedPost<'_>,
) -> Result<Option<PostId>, StoreError> {
    if let Some(page) = name.pages.first() {
        // Which of several sites it is on, its first view will tell.
        let page = match name.pages.len() {
            1 => page.clone(),
            _ => page.on(""),
        };
        let new = NewPage {
            page: &page,
            title: name.title,
            at: name.at,
            most_a_day: None,
        };
        return Ok(page_posts::make(connection, &new)?.id());
    }
    let content = PostContent {
        slug: name.slug.to_owned(),
        title: name.title.to_owned(),
        summary: String::new(),
        body: String::new(),
        tags: Vec::new(),
        published_at: name.at,
        updated_at: name.at,
    };
    Ok(Some(posts::create(connection, &content, None)?.id))
}
