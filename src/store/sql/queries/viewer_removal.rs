//! Viewings deleted: of a viewer who asks for it, or with age.

use diesel::prelude::*;

use super::backend::DbConnection;
use super::log_batch;
use super::viewings::viewer_id;
use super::{counted_windows, forgotten};
use crate::model::{PostId, TimestampMs, ViewingKey};
use crate::store::error::StoreError;
use crate::store::sql::schema::{counts, viewers, viewings};

/// Deletes a named viewer, and notes it, known or not: the first event may be on its way. The posts keep their numbers.
/// Returns whether there was one.
pub(super) fn delete_viewer(
    connection: &mut DbConnection,
    name: &str,
    now: &dyn Fn() -> TimestampMs,
) -> Result<bool, StoreError> {
    forgotten::note(connection, name, now())?;
    let Some(id) = viewer_id(connection, ViewingKey::Named(name))? else {
        return Ok(false);
    };
    let seen: Vec<PostId> = viewings::table
        .filter(viewings::viewer.eq(id))
        .filter(viewings::viewer.gt(0))
        .select(viewings::post)
        .load(connection)?;
    for post in seen {
        remove(connection, post, id)?;
        counted_windows::delete_before(connection, post, id, TimestampMs(i64::MAX))?;
    }
    diesel::delete(viewers::table.find(id)).execute(connection)?;
    Ok(true)
}

/// Deletes a viewing, but not its windows. Its viewer stays counted.
fn remove(connection: &mut DbConnection, post: PostId, viewer: i64) -> Result<(), StoreError> {
    diesel::delete(viewings::table.find((post, viewer))).execute(connection)?;
    diesel::update(counts::table.find(post))
        .set(counts::past_viewers.eq(counts::past_viewers + 1))
        .execute(connection)?;
    Ok(())
}

/// Reads `step` viewings after `after`, in key order, and deletes those last seen before `before`, and all windows that
/// start before it. Returns the last key read, or `None` at the end.
pub(super) fn prune(
    connection: &mut DbConnection,
    before: TimestampMs,
    after: (PostId, i64),
    step: usize,
) -> Result<Option<(PostId, i64)>, StoreError> {
    let rows: Vec<(PostId, i64, i64, i64)> = viewings::table
        .filter(viewings::post.ge(after.0))
        .filter(viewings::post.gt(after.0).or(viewings::viewer.gt(after.1)))
        .select((
            viewings::post,
            viewings::viewer,
            viewings::first,
            viewings::last,
        ))
        .order((viewings::post, viewings::viewer))
        .limit(i64::try_from(step).unwrap_or(i64::MAX))
        .load(connection)?;
    for &(post, viewer, first, last) in &rows {
        // No window starts after the viewer was last seen: a viewing that goes takes all its windows along.
        if last < before.0 {
            log_batch::forget_viewing(connection, post, viewer)?;
            remove(connection, post, viewer)?;
        }
        if first < before.0 {
            counted_windows::delete_before(connection, post, viewer, before)?;
        }
    }
    Ok(rows
        .last()
        .filter(|_| rows.len() == step)
        .map(|&(post, viewer, ..)| (post, viewer)))
}

/// Reads `step` names after an id, and deletes those of viewers without viewings; also `step` notes of viewers forgotten
/// before `before`. Returns the last id read, or `None` at the end.
pub(super) fn prune_names(
    connection: &mut DbConnection,
    before: TimestampMs,
    after: i64,
    step: usize,
) -> Result<Option<i64>, StoreError> {
    let limit = i64::try_from(step).unwrap_or(i64::MAX);
    forgotten::prune(connection, before, limit)?;
    let ids: Vec<i64> = viewers::table
        .filter(viewers::id.gt(after))
        .select(viewers::id)
        .order(viewers::id)
        .limit(limit)
        .load(connection)?;
    let Some(&last) = ids.last() else {
        return Ok(None);
    };
    // The second condition is true of every named viewer; it lets the database use the partial index.
    let seen = viewings::table
        .filter(viewings::viewer.eq(viewers::id))
        .filter(viewings::viewer.gt(0));
    let nameless = viewers::table
        .filter(viewers::id.gt(after))
        .filter(viewers::id.le(last))
        .filter(diesel::dsl::not(diesel::dsl::exists(seen)));
    diesel::delete(nameless).execute(connection)?;
    Ok((ids.len() == step).then_some(last))
}
