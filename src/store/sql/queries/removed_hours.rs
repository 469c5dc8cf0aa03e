//! Hours taken out of a post's views: rows of `hourly_views` and `log_hours`, moved to tables of their own and back.

use diesel::prelude::*;

use super::backend::DbConnection;
use crate::model::{CorrectionId, HourRange, PostId};
use crate::store::error::StoreError;
use crate::store::sql::columns::sum;
use crate::store::sql::schema::{removed_hours, removed_log_hours};

/// Moves a post's hours out of its views and the site's.
pub(super) fn take_out(
    connection: &mut DbConnection,
    post: PostId,
    hours: HourRange,
    correction: CorrectionId,
) -> Result<(), StoreError> {
    let in_range = format!("hour >= {} AND hour < {}", hours.from().0, hours.to().0);
    let own = format!("post = {post} AND {in_range}");
    run(
        connection,
        [
            format!(
                "INSERT INTO removed_hours (post, correction, hour, views) \
                 SELECT post, {correction}, hour, views FROM hourly_views WHERE {own}"
            ),
            format!(
                "INSERT INTO removed_log_hours (post, correction, log, hour, views) \
                 SELECT post, {correction}, log, hour, views FROM log_hours WHERE {own}"
            ),
            format!(
                "UPDATE hourly_views SET views = views - (SELECT own.views FROM hourly_views own \
                 WHERE own.post = {post} AND own.hour = hourly_views.hour) \
                 WHERE post = 0 AND hour IN (SELECT hour FROM hourly_views WHERE {own})"
            ),
            format!("DELETE FROM hourly_views WHERE post = 0 AND views <= 0 AND {in_range}"),
            format!("DELETE FROM hourly_views WHERE {own}"),
            format!("DELETE FROM log_hours WHERE {own}"),
        ],
    )
}

/// The views that a correction has taken out and that are not put back.
pub(super) fn views(
    connection: &mut DbConnection,
    post: PostId,
    correction: CorrectionId,
) -> Result<i64, StoreError> {
    Ok(removed_hours::table
        .filter(removed_hours::post.eq(post))
        .filter(removed_hours::correction.eq(correction))
        .select(sum("views"))
        .get_result(connection)?)
}

/// Moves what a correction has taken out back. Hours may have views again by now.
pub(super) fn put_back(
    connection: &mut DbConnection,
    post: PostId,
    correction: CorrectionId,
) -> Result<(), StoreError> {
    let own = format!("post = {post} AND correction = {correction}");
    let add = |of: &str| {
        format!(
            "INSERT INTO hourly_views (post, hour, views) SELECT {of}, hour, views FROM removed_hours WHERE {own} \
             ON CONFLICT (post, hour) DO UPDATE SET views = hourly_views.views + excluded.views"
        )
    };
    run(
        connection,
        [
            add("post"),
            add("0"),
            format!(
                "INSERT INTO log_hours (post, log, hour, views) \
                 SELECT post, log, hour, views FROM removed_log_hours WHERE {own} \
                 ON CONFLICT (post, log, hour) DO UPDATE SET views = log_hours.views + excluded.views"
            ),
            format!("DELETE FROM removed_hours WHERE {own}"),
            format!("DELETE FROM removed_log_hours WHERE {own}"),
        ],
    )
}

/// Deletes what was taken out of a post that is deleted.
pub(super) fn delete_post(connection: &mut DbConnection, post: PostId) -> Result<(), StoreError> {
    diesel::delete(removed_hours::table.filter(removed_hours::post.eq(post)))
        .execute(connection)?;
    diesel::delete(removed_log_hours::table.filter(removed_log_hours::post.eq(post)))
        .execute(connection)?;
    Ok(())
}

fn run<const N: usize>(
    connection: &mut DbConnection,
    statements: [String; N],
) -> Result<(), StoreError> {
    for statement in statements {
        diesel::sql_query(statement).execute(connection)?;
    }
    Ok(())
}
