//! Applying a batch, inside the caller's transaction: which visits are views, and what rows that changes.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;

use super::error::StoreError;
use super::prepared::{AddHour, AddToLedger, AddViewing, SetCounts};
use super::schema::{counts, viewers, viewings};
use super::traits::SITE;
use super::{posts, trend};
use crate::model::{
    Batch, Entry, LedgerEntry, PostId, PostKey, Reason, TimestampMs, Viewer, Visit, Visits,
};
use crate::sink::{BatchResult, PostTotals};

/// Applies a batch. `window` is the de-duplication window in milliseconds; 0 for none.
pub(super) fn apply(
    connection: &mut SqliteConnection,
    batch: &Batch,
    window: i64,
) -> Result<BatchResult, StoreError> {
    let mut work = Work {
        connection,
        window,
        named: HashMap::new(),
        site: Vec::new(),
        applied: BatchResult::default(),
    };
    let (views, visits) = (batch.sorted_views(), batch.sorted_visits());
    let (mut views, mut visits) = (views.as_slice(), visits.as_slice());
    work.applied.totals.reserve(views.len());
    // Post by post, in order, both kinds of a post's events together.
    while let Some(post) = lower(
        views.first().map(|e| e.post),
        visits.first().map(|v| v.post),
    ) {
        let (of_post, rest) = views.split_at(views.iter().take_while(|e| e.post == post).count());
        views = rest;
        let (by_viewers, rest) =
            visits.split_at(visits.iter().take_while(|v| v.post == post).count());
        visits = rest;
        work.apply_post(post, of_post, by_viewers)?;
    }
    work.write_site_hours()?;
    for entry in batch.sorted_ledger() {
        // The post may be gone since; its entry then belongs to none.
        let post = posts::id_of(work.connection, PostKey::Id(entry.post))?.unwrap_or(SITE);
        work.add_to_ledger(LedgerEntry { post, ..entry })?;
    }
    Ok(work.applied)
}

fn lower(a: Option<PostId>, b: Option<PostId>) -> Option<PostId> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

struct Work<'a> {
    connection: &'a mut SqliteConnection,
    window: i64,
    /// Numbers of named viewers met in this batch.
    named: HashMap<Arc<str>, i64>,
    /// Views by hour over all posts of the batch.
    site: Vec<(i64, u64)>,
    applied: BatchResult,
}

/// What one post's events come to.
#[derive(Default)]
struct Sum {
    hours: Vec<(i64, u64)>,
    new_viewers: u64,
    duplicates: Vec<(i64, u64)>,
}

impl Work<'_> {
    fn apply_post(
        &mut self,
        post: PostId,
        entries: &[Entry],
        visits: &[Visits],
    ) -> Result<(), StoreError> {
        let before: Option<(i64, i64, f64)> = counts::table
            .find(post)
            .select((counts::views, counts::viewers, counts::trend))
            .get_result(self.connection)
            .optional()?;
        let Some((views, viewers, mut trend)) = before else {
            return self.tell_as_dropped(entries, visits);
        };
        let mut sum = Sum::default();
        for entry in entries {
            add(&mut sum.hours, entry.hour, entry.views);
        }
        for visits in visits {
            self.apply_visits(visits, &mut sum)?;
        }
        for &(hour, n) in &sum.hours {
            trend = trend::add(trend, n, hour);
            add(&mut self.site, hour, n);
            self.add_hour(post, hour, n)?;
        }
        let counted: u64 = sum.hours.iter().map(|(_, n)| n).sum();
        let totals = PostTotals {
            post,
            views: views.saturating_add(to_column(counted)),
            viewers: viewers.saturating_add(to_column(sum.new_viewers)),
        };
        if counted > 0 {
            SetCounts {
                views: totals.views,
                viewers: totals.viewers,
                trend,
                post,
            }
            .execute(self.connection)?;
            self.applied.totals.push(totals);
        }
        for (day, count) in sum.duplicates {
            self.add_to_ledger(LedgerEntry {
                post,
                day,
                reason: Reason::Duplicate,
                count,
            })?;
        }
        self.applied.counted += counted;
        Ok(())
    }

    /// One viewer's visits to one post.
    fn apply_visits(&mut self, visits: &Visits, sum: &mut Sum) -> Result<(), StoreError> {
        let viewer = self.number_of(&visits.viewer)?;
        let mut seen = match self.window {
            // Without a window nothing depends on what was seen before.
            0 => None,
            _ => self.last_counted(visits.post, viewer)?,
        };
        let mut views = 0;
        for visit in &visits.visits {
            let (counted, duplicates) = count_visit(visit, &mut seen, self.window);
            add(&mut sum.hours, TimestampMs(visit.first).hour().0, counted);
            if duplicates > 0 {
                add(
                    &mut sum.duplicates,
                    TimestampMs(visit.first).day().0,
                    duplicates,
                );
            }
            views += counted;
        }
        let (Some(first), Some(last)) = (
            visits.visits.iter().map(|visit| visit.first).min(),
            visits.visits.iter().map(|visit| visit.last).max(),
        ) else {
            return Ok(());
        };
        let total: i64 = AddViewing {
            post: visits.post,
            viewer,
            first,
            last,
            views: to_column(views),
            counted_at: seen.unwrap_or(last),
        }
        .get_result(self.connection)?;
        // A row that was there had at least one view.
        if total == to_column(views) {
            sum.new_viewers += 1;
        }
        Ok(())
    }

    fn last_counted(&mut self, post: PostId, viewer: i64) -> Result<Option<i64>, StoreError> {
        Ok(viewings::table
            .find((post, viewer))
            .select(viewings::counted_at)
            .get_result(self.connection)
            .optional()?)
    }

    fn number_of(&mut self, viewer: &Viewer) -> Result<i64, StoreError> {
        let name = match viewer {
            Viewer::Anonymous(number) => return Ok(*number),
            Viewer::Named(name) => name,
        };
        if let Some(&number) = self.named.get(name) {
            return Ok(number);
        }
        let known: Option<i64> = viewers::table
            .filter(viewers::name.eq(&**name))
            .select(viewers::id)
            .get_result(self.connection)
            .optional()?;
        let number = match known {
            Some(number) => number,
            None => diesel::insert_into(viewers::table)
                .values(viewers::name.eq(&**name))
                .returning(viewers::id)
                .get_result(self.connection)?,
        };
        self.named.insert(Arc::clone(name), number);
        Ok(number)
    }

    /// The post was deleted between the read and this commit: its views are told, not forgotten.
    fn tell_as_dropped(&mut self, entries: &[Entry], visits: &[Visits]) -> Result<(), StoreError> {
        let plain = entries.iter().map(|entry| (entry.hour, entry.views));
        let visits = visits.iter().flat_map(|visits| &visits.visits);
        let mut days = Vec::new();
        for (at, n) in plain.chain(visits.map(|visit| (visit.first, visit.count))) {
            add(&mut days, TimestampMs(at).day().0, n);
        }
        for (day, count) in days {
            self.add_to_ledger(LedgerEntry {
                post: SITE,
                day,
                reason: Reason::Dropped,
                count,
            })?;
        }
        Ok(())
    }

    fn write_site_hours(&mut self) -> Result<(), StoreError> {
        for (hour, n) in std::mem::take(&mut self.site) {
            self.add_hour(SITE, hour, n)?;
        }
        Ok(())
    }

    fn add_hour(&mut self, post: PostId, hour: i64, views: u64) -> Result<(), StoreError> {
        if views == 0 {
            return Ok(());
        }
        AddHour {
            post,
            hour,
            views: to_column(views),
        }
        .execute(self.connection)?;
        Ok(())
    }

    fn add_to_ledger(&mut self, entry: LedgerEntry) -> Result<(), StoreError> {
        AddToLedger {
            post: entry.post,
            day: entry.day,
            reason: entry.reason.name(),
            count: to_column(entry.count),
        }
        .execute(self.connection)?;
        self.applied.uncounted.add(entry.reason, entry.count);
        Ok(())
    }
}

/// Adds to a short list of sums.
fn add(sums: &mut Vec<(i64, u64)>, key: i64, n: u64) {
    match sums.iter_mut().rev().find(|(known, _)| *known == key) {
        Some((_, sum)) => *sum += n,
        None => sums.push((key, n)),
    }
}

/// How many reads of a visit are views, and how many repeats. `seen` is when the viewer's last view was counted.
///
/// The window is fixed: it begins with a counted view and ends `window` later, whatever happens in between, so that a
/// reader who reloads all day still counts once a window. A visit from more than a window *before* the last counted
/// one is a view as well: with several counters, an earlier visit may be committed later.
fn count_visit(visit: &Visit, seen: &mut Option<i64>, window: i64) -> (u64, u64) {
    if window == 0 {
        *seen = Some(seen.map_or(visit.last, |seen| seen.max(visit.last)));
        return (visit.count, 0);
    }
    match *seen {
        Some(last) if (visit.first - last).abs() < window => (0, visit.count),
        Some(last) if visit.first < last => (1, visit.count - 1),
        _ => {
            *seen = Some(visit.first);
            (1, visit.count - 1)
        }
    }
}

/// SQLite's integers are signed; a number beyond them (292 years of a billion views a second) stays at the largest.
pub(super) fn to_column(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(moments: &[i64], window: i64, mut seen: Option<i64>) -> Vec<u64> {
        let visit = |&at: &i64| Visit {
            first: at,
            last: at,
            count: 1,
        };
        moments
            .iter()
            .map(|at| count_visit(&visit(at), &mut seen, window).0)
            .collect()
    }

    #[test]
    fn the_window_is_fixed_from_the_counted_view() {
        assert_eq!(
            counted(&[0, 5, 9, 10, 19, 20], 10, None),
            [1, 0, 0, 1, 0, 1]
        );
        assert_eq!(counted(&[5, 9], 10, Some(0)), [0, 0]);
    }

    #[test]
    fn a_visit_committed_late_counts_if_no_window_holds_it() {
        assert_eq!(counted(&[0], 10, Some(10)), [1]);
        assert_eq!(counted(&[1], 10, Some(10)), [0]);
    }

    #[test]
    fn without_a_window_everything_counts() {
        let visit = Visit {
            first: 1,
            last: 2,
            count: 7,
        };
        assert_eq!(count_visit(&visit, &mut Some(1), 0), (7, 0));
        assert_eq!(count_visit(&visit, &mut None, 10), (1, 6));
    }
}
