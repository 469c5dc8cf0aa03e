//! Views by UTC hour.

use diesel::prelude::*;

use super::backend::DbConnection;
use crate::model::{PostId, TimestampMs};
use crate::store::error::StoreError;
use crate::store::sql::columns::sum;
use crate::store::sql::schema::hourly_views;
use crate::store::sql::statements::SubtractFromSite;
use crate::store::traits::SITE;

/// The views of a post by hour, oldest first.
pub(super) fn hours(
    connection: &mut DbConnection,
    post: PostId,
    since: Option<TimestampMs>,
) -> Result<Vec<(i64, i64)>, StoreError> {
    Ok(hourly_views::table
        .filter(hourly_views::post.eq(post))
        .filter(hourly_views::hour.ge(since.map_or(i64::MIN, |since| since.hour().0)))
        .order(hourly_views::hour)
        .select((hourly_views::hour, hourly_views::views))
        .load(connection)?)
}

/// The views of a post since an hour.
pub(super) fn views_since(
    connection: &mut DbConnection,
    post: PostId,
    since: TimestampMs,
) -> Result<i64, StoreError> {
    Ok(hourly_views::table
        .filter(hourly_views::post.eq(post))
        .filter(hourly_views::hour.ge(since.hour().0))
        .select(sum("views"))
        .get_result(connection)?)
}

/// Deletes a post's hours, and subtracts its views from the site's, so that the site stays the sum of its posts.
pub(super) fn delete_post(connection: &mut DbConnection, post: PostId) -> Result<(), StoreError> {
    SubtractFromSite { post, same: post }.execute(connection)?;
    let empty = hourly_views::table
        .filter(hourly_views::post.eq(SITE))
        .filter(hourly_views::views.le(0));
    diesel::delete(empty).execute(connection)?;
    diesel::delete(hourly_views::table.filter(hourly_views::post.eq(post))).execute(connection)?;
    Ok(())
}
