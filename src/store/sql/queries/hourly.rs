//! Views by UTC hour.

use std::num::NonZeroI64;
use std::ops::Range;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::backend::DbConnection;
use crate::model::{PostId, SITE, TimestampMs};
use crate::store::error::StoreError;
use crate::store::sql::columns::{sum, sum_text};
use crate::store::sql::schema::hourly_views;
use crate::store::sql::statements::SubtractFromSite;

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

/// The same of some posts: sums along the table's key, which need no sorting.
pub(super) fn views_of(
    connection: &mut DbConnection,
    posts: &[PostId],
    since: TimestampMs,
) -> Result<Vec<(PostId, i64)>, StoreError> {
    Ok(hourly_views::table
        .filter(hourly_views::post.eq_any(posts))
        .filter(hourly_views::hour.ge(since.hour().0))
        .group_by(hourly_views::post)
        .select((hourly_views::post, sum("views")))
        .load(connection)?)
}

/// The views of a post by hour, of the hours that begin in `time`.
pub(super) fn hours_between(
    connection: &mut DbConnection,
    post: PostId,
    time: Range<TimestampMs>,
) -> Result<Vec<(i64, i64)>, StoreError> {
    Ok(hourly_views::table
        .filter(hourly_views::post.eq(post))
        .filter(hourly_views::hour.ge(time.start.0))
        .filter(hourly_views::hour.lt(time.end.0))
        .order(hourly_views::hour)
        .select((hourly_views::hour, hourly_views::views))
        .load(connection)?)
}

/// The sum of these.
pub(super) fn views_between(
    connection: &mut DbConnection,
    post: PostId,
    time: Range<TimestampMs>,
) -> Result<i64, StoreError> {
    Ok(hourly_views::table
        .filter(hourly_views::post.eq(post))
        .filter(hourly_views::hour.ge(time.start.0))
        .filter(hourly_views::hour.lt(time.end.0))
        .select(sum("views"))
        .get_result(connection)?)
}

/// The first hour of a post: the first step in the table's key.
pub(super) fn first_hour(
    connection: &mut DbConnection,
    post: PostId,
) -> Result<Option<TimestampMs>, StoreError> {
    let first: Option<i64> = hourly_views::table
        .filter(hourly_views::post.eq(post))
        .order(hourly_views::hour.asc())
        .select(hourly_views::hour)
        .first(connection)
        .optional()?;
    Ok(first.map(TimestampMs))
}

/// The views of some posts in `time`, by steps.
pub(super) fn views_by_step(
    connection: &mut DbConnection,
    posts: &[PostId],
    time: Range<TimestampMs>,
    step: NonZeroI64,
) -> Result<Vec<(PostId, i64, i64)>, StoreError> {
    // As text: PostgreSQL takes two parameters of equal value for two different groups.
    let number = format!("(hour - {}) / {step}", time.start.0);
    let views = sum_text("views");
    Ok(hourly_views::table
        .filter(hourly_views::post.eq_any(posts))
        .filter(hourly_views::hour.ge(time.start.0))
        .filter(hourly_views::hour.lt(time.end.0))
        .group_by(sql::<(BigInt, BigInt)>(&format!("post, {number}")))
        .select(sql::<(BigInt, BigInt, BigInt)>(&format!(
            "post, {number}, {views}"
        )))
        .load(connection)?)
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
