//! The set of windows in which a viewer's view of a post has counted.

use diesel::prelude::*;

use super::backend::DbConnection;
use crate::model::{PostId, TimestampMs};
use crate::store::error::StoreError;
use crate::store::sql::schema::counted_windows;

/// Deletes a viewer's windows of a post that start before a time.
pub(super) fn delete_before(
    connection: &mut DbConnection,
    post: PostId,
    viewer: i64,
    before: TimestampMs,
) -> Result<(), StoreError> {
    let old = counted_windows::table
        .filter(counted_windows::post.eq(post))
        .filter(counted_windows::viewer.eq(viewer))
        .filter(counted_windows::start.lt(before.0));
    diesel::delete(old).execute(connection)?;
    Ok(())
}

/// Deletes all windows of a post.
pub(super) fn delete_post(connection: &mut DbConnection, post: PostId) -> Result<(), StoreError> {
    let all = counted_windows::table.filter(counted_windows::post.eq(post));
    diesel::delete(all).execute(connection)?;
    Ok(())
}
