//! From a batch to the rows it changes, inside the caller's transaction.

use std::collections::{BTreeMap, HashSet};

use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::super::queries::applied_batches;
use super::super::queries::journals::CommittedRuns;
use super::super::queries::log_batch::LogBatch;
use super::names::Names;
use super::rows::{Counts, Rows};
use super::runs;
use super::visits::{SeenVisit, count};
use super::write::{write_posts, write_site};
use crate::model::{
    Batch, DedupWindow, LedgerEntry, PostId, Reason, SITE, TimestampMs, ViewerVisit,
};
use crate::sink::BatchResult;
use crate::store::error::StoreError;
use crate::store::sql::schema::counts;

/// Applies a batch. `window` decides about repeats.
pub fn apply(
    connection: &mut PgConnection,
    batch: &Batch,
    window: DedupWindow,
) -> Result<BatchResult, StoreError> {
    apply_of_log(connection, batch, window, None)
}

/// As [`apply`]. Where it is a log's batch, what it counts is recorded as that log's share.
pub fn apply_of_log(
    connection: &mut PgConnection,
    batch: &Batch,
    window: DedupWindow,
    log: Option<LogBatch>,
) -> Result<BatchResult, StoreError> {
    let is_committed = CommittedRuns::read(connection, &batch.journaled)?.has_batch()?;
    if is_committed || !applied_batches::add(connection, &batch.id)? {
        // What it came to is not known any more; its posts are marked as changed.
        return Ok(BatchResult::default());
    }
    // Whether a post is there does not change until the transaction ends: who deletes one is alone.
    let (views, ledger) = (batch.sorted_views(), batch.sorted_ledger());
    let visits = Vec::from_iter(batch.sorted_visits());
    let with_events = views
        .iter()
        .map(|entry| entry.post)
        .chain(ledger.iter().map(|entry| entry.post))
        .chain(visits.iter().map(|entry| entry.post));
    let posts = existing(connection, with_events.collect())?;
    let mut rows = Rows::default();
    for entry in views {
        match posts.contains(&entry.post) {
            true => rows.add_views(entry.post, entry.hour, entry.views),
            false => drop_views(&mut rows, TimestampMs(entry.hour), entry.views),
        }
    }
    for entry in ledger {
        // An entry of a post that no longer exists belongs to none.
        let post = match posts.contains(&entry.post) {
            true => entry.post,
            false => SITE,
        };
        rows.add_to_ledger(LedgerEntry { post, ..entry });
    }
    let seen = see(connection, &visits, &posts, window, &mut rows)?;
    let mut numbers = lock(connection, &posts)?;
    count(connection, &seen, window, log, &mut rows)?;
    let mut result = write_posts(connection, &rows, &mut numbers, log)?;
    // From here on rows that many batches write: they are held as shortly as can be.
    let committed = runs::lock(connection, &batch.journaled)?;
    for entry in committed.dropped() {
        rows.add_to_ledger(entry);
    }
    committed.add_batch(connection)?;
    write_site(connection, &rows, &mut result, log)?;
    Ok(result.batch)
}

/// Those of these posts that are there.
fn existing(
    connection: &mut PgConnection,
    posts: HashSet<PostId>,
) -> Result<HashSet<PostId>, StoreError> {
    let found: Vec<PostId> = counts::table
        .filter(counts::post.eq_any(posts))
        .select(counts::post)
        .load(connection)?;
    Ok(found.into_iter().collect())
}

/// The numbers of these posts, which nobody else changes until the transaction ends.
fn lock(
    connection: &mut PgConnection,
    posts: &HashSet<PostId>,
) -> Result<BTreeMap<PostId, Counts>, StoreError> {
    let mut posts = Vec::from_iter(posts);
    posts.sort_unstable();
    let rows: Vec<(PostId, i64, i64, f64)> = counts::table
        .filter(counts::post.eq_any(posts))
        .order(counts::post)
        .select((counts::post, counts::views, counts::viewers, counts::trend))
        .for_update()
        .load(connection)?;
    let numbers = rows.into_iter().map(|(post, views, viewers, trend)| {
        let counts = Counts {
            views,
            viewers,
            trend,
        };
        (post, counts)
    });
    Ok(numbers.collect())
}

/// The visits of viewers that are known, or get a number now. What was read of a post that is gone, or by a viewer before
/// that was forgotten, goes to the rows at once.
fn see(
    connection: &mut PgConnection,
    visits: &[ViewerVisit<'_>],
    posts: &HashSet<PostId>,
    window: DedupWindow,
    rows: &mut Rows,
) -> Result<Vec<SeenVisit>, StoreError> {
    let mut names = Names::of(connection, visits, posts)?;
    let mut since = Vec::new();
    for entry in visits {
        let (post, at) = (entry.post, TimestampMs(entry.visit.first));
        if !posts.contains(&post) {
            drop_views(rows, at, entry.visit.count);
            continue;
        }
        let (before, after) = entry.visit.split_at(names.forgotten_at(entry.viewer));
        // What a forgotten viewer had viewed is of nobody now; and what would tell a repeat is forgotten too.
        match window == DedupWindow::NONE {
            true => rows.add_views(post, at.hour().0, before),
            false => rows.add_to_ledger(LedgerEntry {
                post,
                day: at.day().0,
                reason: Reason::Dropped,
                count: before,
            }),
        }
        since.extend(after.map(|visit| (post, entry.viewer, at, visit)));
    }
    names.give_numbers(connection, since.iter().map(|(_, viewer, ..)| *viewer))?;
    let seen = since
        .into_iter()
        .map(|(post, viewer, at, visit)| SeenVisit {
            post,
            viewer: names.number(viewer),
            at,
            visit,
        });
    Ok(seen.collect())
}

/// The post was deleted between the read and this commit: its views go to the ledger as dropped.
fn drop_views(rows: &mut Rows, at: TimestampMs, count: u64) {
    rows.add_to_ledger(LedgerEntry {
        post: SITE,
        day: at.day().0,
        reason: Reason::Dropped,
        count,
    });
}
