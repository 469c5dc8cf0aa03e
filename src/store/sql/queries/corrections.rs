//! Numbers set by hand or brought from another system, and hours taken out. A correction is stored as the difference it
//! makes, so that a post's number is at any time the sum of its rows.

use diesel::prelude::*;

use super::backend::DbConnection;
use super::paging::{one_more, page};
use super::site_numbers::{self, Added};
use super::{hourly, removed_hours, trends};
use crate::model::{Correction, CorrectionId, Cursor, HourRange, Page, PostId, TimestampMs};
use crate::sink::PostTotals;
use crate::store::error::StoreError;
use crate::store::sql::schema::{corrections, counts};

/// A correction to be made.
#[derive(Insertable)]
#[diesel(table_name = corrections)]
struct NewCorrection<'a> {
    post: PostId,
    at: i64,
    /// Added to the number, beside its hours.
    views: i64,
    viewers: i64,
    reason: &'a str,
    /// Added to its hours.
    hour_views: i64,
    from_hour: Option<i64>,
    to_hour: Option<i64>,
    takes_back: Option<CorrectionId>,
}

/// Changes a post's numbers by what a correction says, and keeps that in history: the one way in which anything but
/// counting and importing does.
fn apply(
    connection: &mut DbConnection,
    correction: &NewCorrection<'_>,
) -> Result<CorrectionId, StoreError> {
    let id = diesel::insert_into(corrections::table)
        .values(correction)
        .returning(corrections::id)
        .get_result(connection)?;
    let views = correction.views.saturating_add(correction.hour_views);
    diesel::update(counts::table.find(correction.post))
        .set((
            counts::views.eq(counts::views + views),
            counts::viewers.eq(counts::viewers + correction.viewers),
        ))
        .execute(connection)?;
    let added = Added {
        views,
        viewers: correction.viewers,
        ..Added::default()
    };
    site_numbers::add(connection, &added)?;
    Ok(id)
}

/// Adds views to a post's number.
pub(super) fn add(
    connection: &mut DbConnection,
    post: PostId,
    views: i64,
    reason: &str,
    now: TimestampMs,
) -> Result<CorrectionId, StoreError> {
    let _: PostId = counts::table
        .find(post)
        .select(counts::post)
        .get_result(connection)?;
    let correction = NewCorrection {
        post,
        at: now.0,
        views,
        viewers: 0,
        reason,
        hour_views: 0,
        from_hour: None,
        to_hour: None,
        takes_back: None,
    };
    apply(connection, &correction)
}

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
    let correction = NewCorrection {
        post,
        at: now.0,
        views: added.0,
        viewers: added.1,
        reason,
        hour_views: 0,
        from_hour: None,
        to_hour: None,
        takes_back: None,
    };
    apply(connection, &correction)?;
    Ok(totals)
}

/// Takes the views of some hours out. `None` where there are none.
///
/// # Errors
/// [`StoreError::BelowZero`].
pub(super) fn take_out(
    connection: &mut DbConnection,
    post: PostId,
    hours: HourRange,
    reason: &str,
    now: TimestampMs,
) -> Result<Option<Correction>, StoreError> {
    let views: i64 = counts::table
        .find(post)
        .select(counts::views)
        .get_result(connection)?;
    let taken = hourly::views_between(connection, post, hours.times())?;
    if taken <= 0 {
        return Ok(None);
    }
    if taken > views {
        return Err(StoreError::BelowZero { views, taken });
    }
    let correction = of_hours(post, hours, -taken, reason, now);
    let id = apply(connection, &correction)?;
    removed_hours::take_out(connection, post, hours, id)?;
    trends::recompute(connection, post)?;
    one(connection, post, id)
}

/// Puts the views of a correction's hours back, unless they are. `None` where no such correction took hours out.
pub(super) fn take_back(
    connection: &mut DbConnection,
    post: PostId,
    id: CorrectionId,
    now: TimestampMs,
) -> Result<Option<Correction>, StoreError> {
    let known = one(connection, post, id)?.filter(Correction::takes_out);
    let Some((known, hours)) = known.and_then(|known| known.hours.map(|hours| (known, hours)))
    else {
        return Ok(None);
    };
    if let Some(done) = known.taken_back_by {
        return one(connection, post, done);
    }
    let views = removed_hours::views(connection, post, id)?;
    let correction = NewCorrection {
        takes_back: Some(id),
        ..of_hours(post, hours, views, &known.reason, now)
    };
    let done = apply(connection, &correction)?;
    removed_hours::put_back(connection, post, id)?;
    trends::recompute(connection, post)?;
    one(connection, post, done)
}

fn of_hours(
    post: PostId,
    hours: HourRange,
    views: i64,
    reason: &str,
    now: TimestampMs,
) -> NewCorrection<'_> {
    NewCorrection {
        post,
        at: now.0,
        views: 0,
        viewers: 0,
        reason,
        hour_views: views,
        from_hour: Some(hours.from().0),
        to_hour: Some(hours.to().0),
        takes_back: None,
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = corrections)]
struct Row {
    id: CorrectionId,
    at: i64,
    views: i64,
    viewers: i64,
    reason: String,
    hour_views: i64,
    from_hour: Option<i64>,
    to_hour: Option<i64>,
    takes_back: Option<CorrectionId>,
}

impl From<Row> for Correction {
    fn from(row: Row) -> Correction {
        let hours = row.from_hour.zip(row.to_hour);
        Correction {
            id: row.id,
            at: TimestampMs(row.at),
            views: row.views.saturating_add(row.hour_views),
            viewers: row.viewers,
            reason: row.reason,
            hours: hours.and_then(|(from, to)| HourRange::new(TimestampMs(from), TimestampMs(to))),
            takes_back: row.takes_back,
            taken_back_by: None,
        }
    }
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
        .select(Row::as_select())
        .into_boxed();
    // Numbered in the order in which they were made.
    if let Some(Cursor { id, .. }) = after {
        query = query.filter(corrections::id.lt(id));
    }
    let rows: Vec<Row> = query.load(connection)?;
    let place = |row: &Row| Cursor {
        key: row.at,
        id: row.id,
    };
    let mut page = page(rows, limit, place, Correction::from);
    add_taken_back(connection, &mut page.items)?;
    Ok(page)
}

/// One correction of a post.
pub(super) fn one(
    connection: &mut DbConnection,
    post: PostId,
    id: CorrectionId,
) -> Result<Option<Correction>, StoreError> {
    let row: Option<Row> = corrections::table
        .find(id)
        .filter(corrections::post.eq(post))
        .select(Row::as_select())
        .get_result(connection)
        .optional()?;
    let mut found: Vec<Correction> = row.map(Correction::from).into_iter().collect();
    add_taken_back(connection, &mut found)?;
    Ok(found.pop())
}

/// Adds which of the corrections are taken back.
fn add_taken_back(connection: &mut DbConnection, of: &mut [Correction]) -> Result<(), StoreError> {
    let ids: Vec<CorrectionId> = of
        .iter()
        .filter(|correction| correction.takes_out())
        .map(|correction| correction.id)
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    let taking_back: Vec<(Option<CorrectionId>, CorrectionId)> = corrections::table
        .filter(corrections::takes_back.eq_any(ids))
        .select((corrections::takes_back, corrections::id))
        .load(connection)?;
    for correction in of {
        correction.taken_back_by = taking_back
            .iter()
            .find_map(|&(of, id)| (of == Some(correction.id)).then_some(id));
    }
    Ok(())
}
