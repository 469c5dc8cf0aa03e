//! Posts that were deleted and can still be brought back: every row of theirs stays, and only what looks for posts passes
//! over them.

use diesel::prelude::*;

use super::backend::DbConnection;
use super::posts::{self as post_rows, check_revision};
use crate::model::{DeletedPost, Post, PostId, PostKey, Revision, TimestampMs};
use crate::store::error::StoreError;
use crate::store::sql::schema::{deleted_posts, posts};

/// Deletes a post, so that it can be brought back.
pub(super) fn delete(
    connection: &mut DbConnection,
    id: PostId,
    expected: Option<&[Revision]>,
    at: TimestampMs,
) -> Result<(), StoreError> {
    check_revision(connection, id, expected)?;
    let slug: String = posts::table
        .find(id)
        .select(posts::slug)
        .get_result(connection)?;
    diesel::insert_into(deleted_posts::table)
        .values((
            deleted_posts::post.eq(id),
            deleted_posts::at.eq(at.0),
            deleted_posts::slug.eq(slug),
        ))
        .execute(connection)?;
    // A slug holds no colon.
    diesel::update(posts::table.find(id))
        .set(posts::slug.eq(format!("deleted:{id}")))
        .execute(connection)?;
    Ok(())
}

/// Brings a deleted post back; under another slug where another post has its own by now.
pub(super) fn undelete(connection: &mut DbConnection, id: PostId) -> Result<Post, StoreError> {
    let slug: String = deleted_posts::table
        .find(id)
        .select(deleted_posts::slug)
        .get_result(connection)?;
    let slug = post_rows::free_slug(connection, &slug, Some(id))?;
    diesel::update(posts::table.find(id))
        .set(posts::slug.eq(slug))
        .execute(connection)?;
    diesel::delete(deleted_posts::table.find(id)).execute(connection)?;
    post_rows::find(connection, PostKey::Id(id))?.ok_or(StoreError::NoSuchPost)
}

/// Whether a post is deleted and can be brought back.
pub(super) fn contains(connection: &mut DbConnection, id: PostId) -> Result<bool, StoreError> {
    let found = deleted_posts::table.find(id).count();
    Ok(found.get_result::<i64>(connection)? > 0)
}

/// The posts deleted last, or the one of an id.
pub(super) fn latest(
    connection: &mut DbConnection,
    id: Option<PostId>,
    limit: usize,
) -> Result<Vec<DeletedPost>, StoreError> {
    let mut query = deleted_posts::table
        .inner_join(posts::table)
        .select((posts::id, posts::title, deleted_posts::at))
        .order((deleted_posts::at.desc(), posts::id.desc()))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .into_boxed();
    if let Some(id) = id {
        query = query.filter(posts::id.eq(id));
    }
    let rows: Vec<(PostId, String, i64)> = query.load(connection)?;
    let post = |(id, title, at)| DeletedPost {
        id,
        title,
        deleted_at: TimestampMs(at),
    };
    Ok(rows.into_iter().map(post).collect())
}

/// Removes one post deleted before a time for good, with every row about it. Returns whether there was one.
pub(super) fn purge_one(
    connection: &mut DbConnection,
    before: TimestampMs,
) -> Result<bool, StoreError> {
    let first: Option<PostId> = deleted_posts::table
        .filter(deleted_posts::at.lt(before.0))
        .order(deleted_posts::post)
        .select(deleted_posts::post)
        .first(connection)
        .optional()?;
    if let Some(id) = first {
        post_rows::remove(connection, id)?;
    }
    Ok(first.is_some())
}
