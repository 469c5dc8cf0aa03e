//! Numbers set by hand or brought from another system. A correction is stored as the difference it makes, so that a
//! post's number is at any time the sum of its rows.

use diesel::prelude::*;

use super::backend::DbConnection;
use super::paging::{one_more, page};
use super::site_numbers::{self, Added};
use crate::model::{Correction, Cursor, Page, PostId, TimestampMs};
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
    let added = Added {
        views: added.0,
        viewers: added.1,
        ..Added::default()
    };
    site_numbers::add(connection, &added)?;
    Ok(totals)
}

/// The corrections of a post, latest first.
pub(super) fn of_post(
    connection: &mut DbConnection,
    post: PostId,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page<Correction>, StoreError> {
    let mut query = corrections::table
        .filter(corrections::post.eq(post))
        .order(corrections::id.desc())
        .limit(one_more(limit))
        .select((
            corrections::id,
            corrections::at,
            corrections::views,
            corrections::viewers,
            corrections::reason,
        ))
        .into_boxed();
    // Numbered in the order in which they were made.
    if let Some(Cursor { id, .. }) = after {
        query = query.filter(corrections::id.lt(id));
    }
    type Row = (i64, i64, i64, i64, String);
    let rows: Vec<Row> = query.load(connection)?;
    let place = |row: &Row| Cursor {
        key: row.1,
        id: row.0,
    };
    let correction = |(_, at, views, viewers, reason)| Correction {
        at: TimestampMs(at),
        views,
        viewers,
        reason,
    };
    Ok(page(rows, limit, place, correction))
}
