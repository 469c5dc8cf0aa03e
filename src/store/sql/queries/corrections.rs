//! Numbers set by hand or brought from another system. A correction is stored as the difference it makes, so that a
//! post's number is at any time the sum of its rows.

use diesel::prelude::*;

use super::backend::DbConnection;
use crate::model::{Correction, PostId, TimestampMs};
use crate::sink::PostTotals;
use crate::store::error::StoreError;
use crate::store::sql::schema::{corrections, counts};

/// Sets those of a post's numbers that are given. A number that is correct already adds no row.
pub(super) fn correct(
    connection: &mut DbConnection,
    post: PostId,
    views: Option<i64>,
    viewers: Option<i64>,
    reason: &str,
    now: TimestampMs,
) -> Result<PostTotals, StoreError> {
    let (old_views, old_viewers): (i64, i64) = counts::table
        .find(post)
        .select((counts::views, counts::viewers))
        .get_result(connection)?;
    let totals = PostTotals {
        post,
        views: views.unwrap_or(old_views),
        viewers: viewers.unwrap_or(old_viewers),
    };
    let added = (
        totals.views.saturating_sub(old_views),
        totals.viewers.saturating_sub(old_viewers),
    );
    if added == (0, 0) {
        return Ok(totals);
    }
    diesel::insert_into(corrections::table)
        .values((
            corrections::post.eq(post),
            corrections::at.eq(now.0),
            corrections::views.eq(added.0),
            corrections::viewers.eq(added.1),
            corrections::reason.eq(reason),
        ))
        .execute(connection)?;
    diesel::update(counts::table.find(post))
        .set((
            counts::views.eq(totals.views),
            counts::viewers.eq(totals.viewers),
        ))
        .execute(connection)?;
    Ok(totals)
}

/// The latest corrections of a post.
pub(super) fn latest(
    connection: &mut DbConnection,
    post: PostId,
    limit: usize,
) -> Result<Vec<Correction>, StoreError> {
    let rows: Vec<(i64, i64, i64, String)> = corrections::table
        .filter(corrections::post.eq(post))
        .order(corrections::id.desc())
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select((
            corrections::at,
            corrections::views,
            corrections::viewers,
            corrections::reason,
        ))
        .load(connection)?;
    let correction = |(at, views, viewers, reason)| Correction {
        at: TimestampMs(at),
        views,
        viewers,
        reason,
    };
    Ok(rows.into_iter().map(correction).collect())
}
