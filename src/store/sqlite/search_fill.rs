//! The index of a database whose posts were there before it.

use std::time::{Duration, Instant};

use diesel::prelude::*;

use super::search_index::put;
use crate::model::PostId;
use crate::store::error::StoreError;
use crate::store::sql::schema::{meta, posts};

/// The key of `meta` under which the last id indexed is, until all are.
const POSITION: &str = "searchable_to";

/// Posts indexed in one transaction.
const STEP: i64 = 20_000;

/// How often is said how far it is.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// Indexes the posts that are not yet. Each step is committed, so that a start that is interrupted goes on where it was.
pub fn fill(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    // Without a lock: a start must not have to wait for who writes.
    if position(connection)?.is_none() {
        return Ok(());
    }
    let mut told = Instant::now();
    let mut indexed = 0;
    loop {
        let step = connection.immediate_transaction(fill_step)?;
        indexed += step.unwrap_or(0);
        if step.is_none() {
            break;
        }
        if told.elapsed() > TELL_EVERY {
            told = Instant::now();
            tracing::info!(posts = indexed, "indexing posts for searching, once");
        }
    }
    if indexed > 0 {
        tracing::info!(posts = indexed, "indexed posts for searching");
    }
    Ok(())
}

/// Indexes some posts. Returns how many, or `None` if none is left.
fn fill_step(connection: &mut SqliteConnection) -> Result<Option<usize>, StoreError> {
    let Some(after) = position(connection)? else {
        return Ok(None);
    };
    let rows: Vec<(PostId, String, String)> = posts::table
        .filter(posts::id.gt::<PostId>(after))
        .order(posts::id)
        .limit(STEP)
        .select((posts::id, posts::title, posts::summary))
        .load(connection)?;
    for (post, title, summary) in &rows {
        put(connection, *post, title, summary)?;
    }
    match rows.last() {
        Some((last, ..)) => diesel::update(meta::table.find(POSITION))
            .set(meta::value.eq(last.to_string()))
            .execute(connection)?,
        None => diesel::delete(meta::table.find(POSITION)).execute(connection)?,
    };
    Ok(Some(rows.len()))
}

/// The last id indexed, if not all are.
fn position(connection: &mut SqliteConnection) -> Result<Option<PostId>, StoreError> {
    let value: Option<String> = meta::table
        .find(POSITION)
        .select(meta::value)
        .get_result(connection)
        .optional()?;
    Ok(value.map(|value| value.parse().unwrap_or(0)))
}
