//! The addresses of posts, by their ids.

use std::ops::Range;

use diesel::prelude::*;

use super::backend::DbConnection;
use super::live_posts::is_live;
use crate::model::{PostAddress, PostId, TimestampMs};
use crate::store::error::StoreError;
use crate::store::sql::schema::posts;

pub(super) fn first_id(
    connection: &mut DbConnection,
    from: PostId,
) -> Result<Option<PostId>, StoreError> {
    Ok(posts::table
        .filter(is_live())
        .filter(posts::id.ge(from))
        .order(posts::id.asc())
        .select(posts::id)
        .first(connection)
        .optional()?)
}

pub(super) fn of(
    connection: &mut DbConnection,
    ids: Range<PostId>,
) -> Result<Vec<PostAddress>, StoreError> {
    let rows: Vec<(String, i64)> = posts::table
        .filter(is_live())
        .filter(posts::id.ge(ids.start))
        .filter(posts::id.lt(ids.end))
        .order(posts::id.asc())
        .select((posts::slug, posts::updated_at))
        .load(connection)?;
    let address = |(slug, updated_at)| PostAddress {
        slug,
        updated_at: TimestampMs(updated_at),
    };
    Ok(rows.into_iter().map(address).collect())
}
