//! One post's events of a batch: which of them are views, and what rows that changes.

use diesel::prelude::*;

use super::batch_writer::{BatchWriter, add};
use crate::model::{HourlyViews, LedgerEntry, PostId, Reason, TimestampMs, ViewerVisit, Visit};
use crate::sink::PostTotals;
use crate::store::error::StoreError;
use crate::store::sql::columns::to_column;
use crate::store::sql::schema::counts;
use crate::store::sql::statements::{AddViewing, SetCounts};
use crate::store::sql::trend;
use crate::store::traits::SITE;

/// What one post's events add up to.
#[derive(Default)]
struct PostSums {
    /// Views by hour.
    hours: Vec<(i64, u64)>,
    new_viewers: u64,
    /// Duplicates by day.
    duplicates: Vec<(i64, u64)>,
}

/// Writes the events of one post.
pub(super) fn apply_post(
    writer: &mut BatchWriter<'_>,
    post: PostId,
    entries: &[HourlyViews],
    visits: &[ViewerVisit],
) -> Result<(), StoreError> {
    let before: Option<(i64, i64, f64)> = counts::table
        .find(post)
        .select((counts::views, counts::viewers, counts::trend))
        .get_result(writer.connection)
        .optional()?;
    let Some((views, viewers, mut trend)) = before else {
        return drop_views(writer, entries, visits);
    };
    let mut sums = PostSums::default();
    for entry in entries {
        add(&mut sums.hours, entry.hour, entry.views);
    }
    for of_one in visits.chunk_by(|a, b| a.viewer == b.viewer) {
        apply_visits(writer, of_one, &mut sums)?;
    }
    for &(hour, n) in &sums.hours {
        trend = trend::add(trend, n, hour);
        writer.add_hour(post, hour, n)?;
        add(&mut writer.site_hours, hour, n);
    }
    let counted: u64 = sums.hours.iter().map(|(_, n)| n).sum();
    if counted > 0 {
        let totals = PostTotals {
            post,
            views: views.saturating_add(to_column(counted)),
            viewers: viewers.saturating_add(to_column(sums.new_viewers)),
        };
        SetCounts {
            views: totals.views,
            viewers: totals.viewers,
            trend,
            post,
        }
        .execute(writer.connection)?;
        writer.result.totals.push(totals);
    }
    for (day, count) in sums.duplicates {
        writer.add_to_ledger(LedgerEntry {
            post,
            day,
            reason: Reason::Duplicate,
            count,
        })?;
    }
    writer.result.counted += counted;
    Ok(())
}

/// Writes one viewer's visits to one post.
fn apply_visits(
    writer: &mut BatchWriter<'_>,
    visits: &[ViewerVisit],
    sums: &mut PostSums,
) -> Result<(), StoreError> {
    let Some(ViewerVisit {
        post,
        viewer,
        visit,
    }) = visits.first()
    else {
        return Ok(());
    };
    let viewer = writer.viewer_id(viewer)?;
    let (mut views, mut first, mut last) = (0, visit.first, visit.last);
    for ViewerVisit { visit, .. } in visits {
        let (counted, duplicates) = writer.count(*post, viewer, visit)?;
        let at = TimestampMs(visit.first);
        add(&mut sums.hours, at.hour().0, counted);
        if duplicates > 0 {
            add(&mut sums.duplicates, at.day().0, duplicates);
        }
        views += counted;
        first = first.min(visit.first);
        last = last.max(visit.last);
    }
    let total: i64 = AddViewing {
        post: *post,
        viewer,
        first,
        last,
        views: to_column(views),
    }
    .get_result(writer.connection)?;
    if let Some(log) = writer.log {
        let counted = Visit {
            first,
            last,
            count: views,
        };
        log.add_viewing(writer.connection, *post, viewer, &counted)?;
    }
    // A row that existed before had at least one view.
    if total == to_column(views) {
        sums.new_viewers += 1;
    }
    Ok(())
}

/// The post was deleted between the read and this commit: its views go to the ledger as dropped.
fn drop_views(
    writer: &mut BatchWriter<'_>,
    entries: &[HourlyViews],
    visits: &[ViewerVisit],
) -> Result<(), StoreError> {
    let plain = entries.iter().map(|entry| (entry.hour, entry.views));
    let visits = visits
        .iter()
        .map(|entry| (entry.visit.first, entry.visit.count));
    let mut days = Vec::new();
    for (at, n) in plain.chain(visits) {
        add(&mut days, TimestampMs(at).day().0, n);
    }
    for (day, count) in days {
        writer.add_to_ledger(LedgerEntry {
            post: SITE,
            day,
            reason: Reason::Dropped,
            count,
        })?;
    }
    Ok(())
}
