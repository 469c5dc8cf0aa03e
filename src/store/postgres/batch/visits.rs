//! Which visits count: those that are the first of their viewer in a window, on whatever node.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt};

use super::super::queries::log_batch::LogBatch;
use super::rows::{Rows, columns};
use crate::model::{DedupWindow, LedgerEntry, PostId, Reason, TimestampMs, Visit};
use crate::store::error::StoreError;
use crate::store::sql::columns::to_column;

/// A visit of a viewer who has a number.
pub struct SeenVisit {
    pub post: PostId,
    pub viewer: i64,
    /// The hour and the day that it belongs to are those of this time.
    pub at: TimestampMs,
    pub visit: Visit,
}

/// A viewer's visits to a post, summed up.
struct Viewing {
    first: i64,
    last: i64,
    views: u64,
}

type Window = (PostId, i64, i64);

/// Counts the visits, and adds what they come to to the rows. The rows of their posts in `counts` must be locked.
pub fn count(
    connection: &mut PgConnection,
    seen: &[SeenVisit],
    window: DedupWindow,
    log: Option<LogBatch>,
    rows: &mut Rows,
) -> Result<(), StoreError> {
    if seen.is_empty() {
        return Ok(());
    }
    let windows: Vec<Window> = seen
        .iter()
        .filter_map(|seen| Some((seen.post, seen.viewer, window.start(seen.visit.first)?)))
        .collect();
    let mut new = add_windows(connection, &windows)?;
    let mut viewings: BTreeMap<(PostId, i64), Viewing> = BTreeMap::new();
    let mut seen_by_log: HashMap<Window, (i64, bool)> = HashMap::new();
    for SeenVisit {
        post,
        viewer,
        at,
        visit,
    } in seen
    {
        let counted = match window.start(visit.first) {
            None => visit.count,
            Some(start) => {
                let key = (*post, *viewer, start);
                let is_new = new.remove(&key);
                seen_by_log.entry(key).or_insert((visit.first, is_new));
                u64::from(is_new)
            }
        };
        rows.add_views(*post, at.hour().0, counted);
        rows.add_to_ledger(LedgerEntry {
            post: *post,
            day: at.day().0,
            reason: Reason::Duplicate,
            count: visit.count - counted,
        });
        let viewing = viewings.entry((*post, *viewer)).or_insert(Viewing {
            first: visit.first,
            last: visit.last,
            views: 0,
        });
        viewing.views += counted;
        viewing.first = viewing.first.min(visit.first);
        viewing.last = viewing.last.max(visit.last);
    }
    add_viewings(connection, &viewings, rows)?;
    match log {
        Some(log) => {
            add_log_windows(connection, log, &seen_by_log)?;
            add_log_viewings(connection, log, &viewings)
        }
        None => Ok(()),
    }
}

/// Adds windows; returns those that were not there.
fn add_windows(
    connection: &mut PgConnection,
    windows: &[Window],
) -> Result<HashSet<Window>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        post: i64,
        #[diesel(sql_type = BigInt)]
        viewer: i64,
        #[diesel(sql_type = BigInt)]
        start: i64,
    }
    if windows.is_empty() {
        return Ok(HashSet::new());
    }
    let [post, viewer, start] = columns(
        windows
            .iter()
            .map(|&(post, viewer, start)| [post, viewer, start]),
    );
    let new: Vec<Row> = diesel::sql_query(
        "INSERT INTO counted_windows (post, viewer, start) SELECT * FROM unnest($1, $2, $3) \
         ON CONFLICT DO NOTHING RETURNING post, viewer, start",
    )
    .bind::<Array<BigInt>, _>(post)
    .bind::<Array<BigInt>, _>(viewer)
    .bind::<Array<BigInt>, _>(start)
    .load(connection)?;
    let key = |row: Row| (row.post, row.viewer, row.start);
    Ok(new.into_iter().map(key).collect())
}

/// The columns of viewings, in the order of the table's.
fn viewing_columns(viewings: &BTreeMap<(PostId, i64), Viewing>) -> [Vec<i64>; 5] {
    columns(viewings.iter().map(|(&(post, viewer), viewing)| {
        let views = to_column(viewing.views);
        [post, viewer, viewing.first, viewing.last, views]
    }))
}

fn add_viewings(
    connection: &mut PgConnection,
    viewings: &BTreeMap<(PostId, i64), Viewing>,
    rows: &mut Rows,
) -> Result<(), StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        post: i64,
        #[diesel(sql_type = BigInt)]
        viewer: i64,
        #[diesel(sql_type = BigInt)]
        views: i64,
    }
    let [post, viewer, first, last, views] = viewing_columns(viewings);
    let written: Vec<Row> = diesel::sql_query(
        "INSERT INTO viewings (post, viewer, first, last, views) SELECT * FROM unnest($1, $2, $3, $4, $5) \
         ON CONFLICT (post, viewer) DO UPDATE SET first = LEAST(viewings.first, excluded.first), \
         last = GREATEST(viewings.last, excluded.last), views = viewings.views + excluded.views \
         RETURNING post, viewer, views",
    )
    .bind::<Array<BigInt>, _>(post)
    .bind::<Array<BigInt>, _>(viewer)
    .bind::<Array<BigInt>, _>(first)
    .bind::<Array<BigInt>, _>(last)
    .bind::<Array<BigInt>, _>(views)
    .load(connection)?;
    for row in written {
        // A row that existed before had at least one view.
        let added = viewings.get(&(row.post, row.viewer));
        if added.is_some_and(|added| to_column(added.views) == row.views) {
            *rows.new_viewers.entry(row.post).or_default() += 1;
        }
    }
    Ok(())
}

fn add_log_viewings(
    connection: &mut PgConnection,
    log: LogBatch,
    viewings: &BTreeMap<(PostId, i64), Viewing>,
) -> Result<(), StoreError> {
    let [post, viewer, first, last, views] = viewing_columns(viewings);
    diesel::sql_query(
        "INSERT INTO log_viewings (post, viewer, first, last, views, log) \
         SELECT *, $6 FROM unnest($1, $2, $3, $4, $5) \
         ON CONFLICT (post, viewer, log) DO UPDATE SET first = LEAST(log_viewings.first, excluded.first), \
         last = GREATEST(log_viewings.last, excluded.last), views = log_viewings.views + excluded.views",
    )
    .bind::<Array<BigInt>, _>(post)
    .bind::<Array<BigInt>, _>(viewer)
    .bind::<Array<BigInt>, _>(first)
    .bind::<Array<BigInt>, _>(last)
    .bind::<Array<BigInt>, _>(views)
    .bind::<BigInt, _>(log.log)
    .execute(connection)?;
    Ok(())
}

/// Adds the windows in which a log saw a viewer, each with the time of the first visit there. What the log counted there before
/// stays counted.
fn add_log_windows(
    connection: &mut PgConnection,
    log: LogBatch,
    windows: &HashMap<Window, (i64, bool)>,
) -> Result<(), StoreError> {
    let rows = windows
        .iter()
        .map(|(&(post, viewer, start), &(at, counted))| [post, viewer, start, at, counted.into()]);
    let [post, viewer, start, at, counted] = columns(rows);
    diesel::sql_query(
        "INSERT INTO log_windows (post, viewer, start, at, counted, log, batch) \
         SELECT *, $6, $7 FROM unnest($1, $2, $3, $4, $5) \
         ON CONFLICT (post, viewer, start, log) DO UPDATE SET at = excluded.at, counted = excluded.counted \
         WHERE excluded.counted > log_windows.counted",
    )
    .bind::<Array<BigInt>, _>(post)
    .bind::<Array<BigInt>, _>(viewer)
    .bind::<Array<BigInt>, _>(start)
    .bind::<Array<BigInt>, _>(at)
    .bind::<Array<BigInt>, _>(counted)
    .bind::<BigInt, _>(log.log)
    .bind::<BigInt, _>(log.number)
    .execute(connection)?;
    Ok(())
}
