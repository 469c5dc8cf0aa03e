//! One post's events of a batch: which of them are views, and what rows that changes.

use std::iter::Peekable;

use diesel::prelude::*;

use super::log_share;
use super::writer::{BatchWriter, add};
use crate::model::{
    DedupWindow, HourlyViews, LedgerEntry, PostId, Reason, SITE, SortedVisits, TimestampMs,
    ViewerVisit, Visit,
};
use crate::sink::PostTotals;
use crate::store::error::StoreError;
use crate::store::sql::columns::to_column;
use crate::store::sql::schema::counts;
use crate::store::sql::statements::{AddViewing, SetCounts};
use crate::store::sql::trend;

/// What one post's events add up to.
#[derive(Default)]
struct PostSums {
    /// Views by hour.
    hours: Vec<(i64, u64)>,
    new_viewers: u64,
    /// Duplicates by day.
    duplicates: Vec<(i64, u64)>,
    /// Events by day of which nobody can tell any more whether they are repeats.
    dropped: Vec<(i64, u64)>,
}

/// Writes the events of one post: `entries`, and the next of `visits`.
pub(super) fn apply_post<'b>(
    writer: &mut BatchWriter<'_, 'b>,
    post: PostId,
    entries: &[HourlyViews],
    visits: &mut Peekable<SortedVisits<'b>>,
) -> Result<(), StoreError> {
    let before: Option<(i64, i64, f64)> = counts::table
        .find(post)
        .select((counts::views, counts::viewers, counts::trend))
        .get_result(writer.connection)
        .optional()?;
    let Some((views, viewers, mut trend)) = before else {
        return drop_views(writer, post, entries, visits);
    };
    let mut sums = PostSums::default();
    for entry in entries {
        add(&mut sums.hours, entry.hour, entry.views);
    }
    while let Some(visit) = visits.next_if(|visit| visit.post == post) {
        apply_visits(writer, visit, visits, &mut sums)?;
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
        let added = &mut writer.added;
        added.views = added.views.saturating_add(totals.views - views);
        added.viewers = added.viewers.saturating_add(totals.viewers - viewers);
        writer.result.totals.push(totals);
    }
    for (days, reason) in [
        (sums.duplicates, Reason::Duplicate),
        (sums.dropped, Reason::Dropped),
    ] {
        write_days(writer, post, reason, days)?;
    }
    writer.result.counted += counted;
    Ok(())
}

/// Writes one viewer's visits to one post: the first, and the next of `visits`.
fn apply_visits<'b>(
    writer: &mut BatchWriter<'_, 'b>,
    first: ViewerVisit<'b>,
    visits: &mut Peekable<SortedVisits<'b>>,
    sums: &mut PostSums,
) -> Result<(), StoreError> {
    let (post, viewer) = (first.post, first.viewer);
    let forgotten_at = writer.forgotten_at(viewer)?;
    let mut viewing: Option<AddViewing> = None;
    let mut next = Some(first);
    while let Some(ViewerVisit { visit, .. }) = next {
        let at = TimestampMs(visit.first);
        let (before, since) = visit.split_at(forgotten_at);
        // What a forgotten viewer had viewed is of nobody now; and what would tell a repeat is forgotten too.
        match writer.window == DedupWindow::NONE {
            true => add(&mut sums.hours, at.hour().0, before),
            false => add(&mut sums.dropped, at.day().0, before),
        }
        if let Some(visit) = since {
            let viewing = match &mut viewing {
                Some(viewing) => viewing,
                none => none.insert(AddViewing {
                    post,
                    viewer: writer.viewer_id(viewer)?,
                    first: visit.first,
                    last: visit.last,
                    views: 0,
                }),
            };
            let (counted, duplicates) = writer.count(post, viewing.viewer, &visit)?;
            add(&mut sums.hours, at.hour().0, counted);
            add(&mut sums.duplicates, at.day().0, duplicates);
            viewing.views = viewing.views.saturating_add(to_column(counted));
            viewing.first = viewing.first.min(visit.first);
            viewing.last = viewing.last.max(visit.last);
        }
        next = visits.next_if(|next| (next.post, next.viewer) == (post, viewer));
    }
    if let Some(viewing) = viewing {
        let (viewer, views) = (viewing.viewer, viewing.views);
        let counted = Visit {
            first: viewing.first,
            last: viewing.last,
            count: views.cast_unsigned(),
        };
        let total: i64 = viewing.get_result(writer.connection)?;
        if let Some(log) = writer.log {
            log_share::add_viewing(writer.connection, log, post, viewer, &counted)?;
        }
        // A row that existed before had at least one view.
        if total == views {
            sums.new_viewers += 1;
        }
    }
    Ok(())
}

/// The post was deleted between the read and this commit: its views go to the ledger as dropped.
fn drop_views(
    writer: &mut BatchWriter<'_, '_>,
    post: PostId,
    entries: &[HourlyViews],
    visits: &mut Peekable<SortedVisits<'_>>,
) -> Result<(), StoreError> {
    let mut days = Vec::new();
    for entry in entries {
        add(&mut days, TimestampMs(entry.hour).day().0, entry.views);
    }
    while let Some(ViewerVisit { visit, .. }) = visits.next_if(|visit| visit.post == post) {
        add(&mut days, TimestampMs(visit.first).day().0, visit.count);
    }
    write_days(writer, SITE, Reason::Dropped, days)
}

fn write_days(
    writer: &mut BatchWriter<'_, '_>,
    post: PostId,
    reason: Reason,
    days: Vec<(i64, u64)>,
) -> Result<(), StoreError> {
    for (day, count) in days {
        writer.add_to_ledger(LedgerEntry {
            post,
            day,
            reason,
            count,
        })?;
    }
    Ok(())
}
