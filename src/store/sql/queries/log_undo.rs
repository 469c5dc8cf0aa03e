//! Takes an imported log back.
//!
//! What it counted is subtracted; where it was the first to see a viewer in a window, the next log that did counts now, at
//! that log's own time. In plain SQL, over all rows at once.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::backend::{Db, DbConnection};
use super::integrity::{viewers, views};
use super::log_undo_check::{after, before, number};
use super::{hourly, posts, site_numbers};
use crate::model::time::{DAY, HOUR};
use crate::model::{PostId, Reason, Uncounted};
use crate::store::error::StoreError;
use crate::store::imported_log::{LogId, UndoneLog};
use crate::store::sql::schema::{counts, imported_logs};
use crate::store::sql::trend;

/// Windows of other logs that count once the log is gone, while it is taken back.
const PROMOTED: i64 = 2;

/// Takes a log back, in the caller's transaction.
///
/// # Errors
/// [`StoreError::Refused`] where the numbers without it are not known; the caller then rolls back.
pub(super) fn undo(connection: &mut DbConnection, log: LogId) -> Result<UndoneLog, StoreError> {
    let touched = format!(
        "SELECT post FROM log_hours WHERE log = {log} UNION SELECT post FROM log_ledger WHERE log = {log} \
         UNION SELECT post FROM removed_log_hours WHERE log = {log}"
    );
    before(connection, log, &touched)?;
    let of_log = |what: &str, table: &str| {
        format!(
            "SELECT CAST(COALESCE(SUM({what}), 0) AS BIGINT) AS number FROM {table} WHERE log = {log}"
        )
    };
    let mut undone = UndoneLog {
        views: unsigned(number(connection, of_log("views", "log_hours"))?),
        viewers: unsigned(number(connection, of_log("viewers", "log_past_viewers"))?),
        uncounted: uncounted(connection, log)?,
        ..UndoneLog::default()
    };
    let posts = posts_of(connection, &touched)?;
    site_numbers::following(connection, &touched, |connection| {
        undone.now_counted = count_others(connection, log, &touched)? as u64;
        subtract(connection, log, &touched)?;
        undone.viewers += remove_viewings(connection, log, &touched)? as u64;
        update_counts(connection, &posts)
    })?;
    after(connection, &touched)?;
    (undone.posts, undone.posts_kept) = remove_posts(connection, log)?;
    let shares = [
        "log_hours",
        "log_ledger",
        "log_past_viewers",
        "log_posts",
        "removed_log_hours",
    ];
    for table in shares {
        execute(connection, format!("DELETE FROM {table} WHERE log = {log}"))?;
    }
    diesel::delete(imported_logs::table.find(log)).execute(connection)?;
    Ok(undone)
}

fn execute(connection: &mut DbConnection, statement: String) -> Result<usize, StoreError> {
    Ok(diesel::sql_query(statement).execute(connection)?)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn uncounted(connection: &mut DbConnection, log: LogId) -> Result<Uncounted, StoreError> {
    let mut uncounted = Uncounted::default();
    for reason in Reason::ALL {
        let query = format!(
            "SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) AS number FROM log_ledger \
             WHERE log = {log} AND reason = '{}'",
            reason.name()
        );
        uncounted.add(reason, unsigned(number(connection, query)?));
    }
    Ok(uncounted)
}

fn posts_of(connection: &mut DbConnection, query: &str) -> Result<Vec<PostId>, StoreError> {
    #[derive(QueryableByName)]
    #[diesel(check_for_backend(Db))]
    struct Row {
        #[diesel(sql_type = BigInt)]
        post: PostId,
    }
    let rows: Vec<Row> = diesel::sql_query(query).load(connection)?;
    Ok(rows.into_iter().map(|row| row.post).collect())
}

/// The start of the part of time of this length, in milliseconds, that `at` lies in; before the epoch, too.
fn start_of(length: i64) -> String {
    format!("at - ((at % {length}) + {length}) % {length}")
}

/// Counts the windows that were repeats of the log's. Returns how many.
fn count_others(
    connection: &mut DbConnection,
    log: LogId,
    touched: &str,
) -> Result<usize, StoreError> {
    let same = "o.post = log_windows.post AND o.viewer = log_windows.viewer AND o.start = log_windows.start";
    let promoted = execute(
        connection,
        format!(
            "UPDATE log_windows SET counted = {PROMOTED} WHERE post IN ({touched}) AND log <> {log} AND counted = 0 \
             AND EXISTS (SELECT 1 FROM log_windows o WHERE {same} AND o.log = {log} AND o.counted = 1) \
             AND NOT EXISTS (SELECT 1 FROM log_windows o WHERE {same} AND o.log <> {log} \
             AND o.log <> log_windows.log AND (o.counted = 1 OR o.batch < log_windows.batch))"
        ),
    )?;
    if promoted == 0 {
        return Ok(0);
    }
    let rows = format!("FROM log_windows WHERE post IN ({touched}) AND counted = {PROMOTED}");
    let (hour, day) = (start_of(HOUR), start_of(DAY));
    let duplicate = Reason::Duplicate.name();
    for statement in [
        format!(
            "INSERT INTO log_hours (post, log, hour, views) SELECT post, log, {hour}, COUNT(*) {rows} \
             GROUP BY 1, 2, 3 ON CONFLICT (post, log, hour) DO UPDATE SET views = log_hours.views + excluded.views"
        ),
        format!(
            "INSERT INTO hourly_views (post, hour, views) SELECT post, {hour}, COUNT(*) {rows} \
             GROUP BY 1, 2 ON CONFLICT (post, hour) DO UPDATE SET views = hourly_views.views + excluded.views"
        ),
        format!(
            "INSERT INTO hourly_views (post, hour, views) SELECT 0, {hour}, COUNT(*) {rows} \
             GROUP BY 1, 2 ON CONFLICT (post, hour) DO UPDATE SET views = hourly_views.views + excluded.views"
        ),
        format!(
            "INSERT INTO log_ledger (post, log, day, reason, count) \
             SELECT post, log, {day}, '{duplicate}', -COUNT(*) {rows} GROUP BY 1, 2, 3 \
             ON CONFLICT (post, log, day, reason) DO UPDATE SET count = log_ledger.count + excluded.count"
        ),
        format!(
            "INSERT INTO ledger (post, day, reason, count) \
             SELECT post, {day}, '{duplicate}', -COUNT(*) {rows} GROUP BY 1, 2 \
             ON CONFLICT (post, day, reason) DO UPDATE SET count = ledger.count + excluded.count"
        ),
        format!(
            "INSERT INTO log_viewings (post, viewer, log, first, last, views) \
             SELECT post, viewer, log, 0, 0, COUNT(*) {rows} GROUP BY 1, 2, 3 \
             ON CONFLICT (post, viewer, log) DO UPDATE SET views = log_viewings.views + excluded.views"
        ),
    ] {
        execute(connection, statement)?;
    }
    Ok(promoted)
}

/// Subtracts the log's share from views, ledger, windows and pruned viewers.
fn subtract(connection: &mut DbConnection, log: LogId, touched: &str) -> Result<(), StoreError> {
    for statement in [
        format!(
            "INSERT INTO hourly_views (post, hour, views) SELECT post, hour, -views FROM log_hours \
             WHERE log = {log} ON CONFLICT (post, hour) DO UPDATE SET views = hourly_views.views + excluded.views"
        ),
        format!(
            "INSERT INTO hourly_views (post, hour, views) SELECT 0, hour, -SUM(views) FROM log_hours \
             WHERE log = {log} GROUP BY hour \
             ON CONFLICT (post, hour) DO UPDATE SET views = hourly_views.views + excluded.views"
        ),
        format!(
            "INSERT INTO ledger (post, day, reason, count) SELECT post, day, reason, -count FROM log_ledger \
             WHERE log = {log} ON CONFLICT (post, day, reason) DO UPDATE SET count = ledger.count + excluded.count"
        ),
        format!(
            "DELETE FROM counted_windows WHERE (post, viewer, start) IN \
             (SELECT post, viewer, start FROM log_windows w WHERE log = {log} AND post IN ({touched}) AND counted = 1 AND NOT EXISTS \
             (SELECT 1 FROM log_windows o WHERE o.post = w.post AND o.viewer = w.viewer AND o.start = w.start \
             AND o.log <> {log}))"
        ),
        format!("DELETE FROM log_windows WHERE log = {log} AND post IN ({touched})"),
        format!(
            "UPDATE log_windows SET counted = 1 WHERE counted = {PROMOTED} AND post IN ({touched})"
        ),
        // What was taken out of its views can no longer be put back.
        format!(
            "UPDATE removed_hours SET views = views - (SELECT l.views FROM removed_log_hours l WHERE l.log = {log} \
             AND l.post = removed_hours.post AND l.correction = removed_hours.correction AND l.hour = removed_hours.hour) \
             WHERE (post, correction, hour) IN (SELECT post, correction, hour FROM removed_log_hours WHERE log = {log})"
        ),
        format!("DELETE FROM removed_hours WHERE views = 0 AND post IN ({touched})"),
        format!("DELETE FROM hourly_views WHERE views = 0 AND (post = 0 OR post IN ({touched}))"),
        format!("DELETE FROM ledger WHERE count = 0 AND post IN ({touched})"),
        format!("DELETE FROM log_ledger WHERE count = 0 AND log <> {log} AND post IN ({touched})"),
        format!(
            "UPDATE counts SET past_viewers = past_viewers - \
             (SELECT l.viewers FROM log_past_viewers l WHERE l.log = {log} AND l.post = counts.post) \
             WHERE post IN (SELECT l.post FROM log_past_viewers l WHERE l.log = {log})"
        ),
    ] {
        execute(connection, statement)?;
    }
    Ok(())
}

/// Brings viewings back to what the other logs saw. Returns how many nobody else saw.
fn remove_viewings(
    connection: &mut DbConnection,
    log: LogId,
    touched: &str,
) -> Result<usize, StoreError> {
    let of_log = format!(
        "(post, viewer) IN (SELECT post, viewer FROM log_viewings WHERE log = {log} AND post IN ({touched}))"
    );
    let others = format!(
        "FROM log_viewings o WHERE o.post = viewings.post AND o.viewer = viewings.viewer AND o.log <> {log}"
    );
    execute(
        connection,
        format!(
            "UPDATE viewings SET first = (SELECT MIN(o.first) {others}), last = (SELECT MAX(o.last) {others}), \
             views = (SELECT CAST(SUM(o.views) AS BIGINT) {others}) WHERE {of_log} AND EXISTS (SELECT 1 {others})"
        ),
    )?;
    let removed = execute(
        connection,
        format!("DELETE FROM viewings WHERE {of_log} AND NOT EXISTS (SELECT 1 {others})"),
    )?;
    execute(
        connection,
        format!("DELETE FROM log_viewings WHERE log = {log} AND post IN ({touched})"),
    )?;
    Ok(removed)
}

/// Brings the posts' stored sums to what their rows add up to now.
fn update_counts(connection: &mut DbConnection, touched: &[PostId]) -> Result<(), StoreError> {
    for &post in touched {
        execute(
            connection,
            format!(
                "UPDATE counts SET views = {}, viewers = {} WHERE post = {post}",
                views(),
                viewers()
            ),
        )?;
        let hours = hourly::hours(connection, post, None)?;
        let trend = hours.into_iter().fold(0.0, |trend, (hour, views)| {
            trend::add(trend, unsigned(views), hour)
        });
        diesel::update(counts::table.find(post))
            .set(counts::trend.eq(trend))
            .execute(connection)?;
    }
    Ok(())
}

/// Deletes the posts that the log made, unless something else has touched them. Returns how many went, and how many stay.
fn remove_posts(connection: &mut DbConnection, log: LogId) -> Result<(u64, u64), StoreError> {
    let made = posts_of(
        connection,
        &format!("SELECT post FROM log_posts WHERE log = {log}"),
    )?;
    let (mut removed, mut kept) = (0, 0);
    for post in made {
        // Every share of another log has its views, its viewers or its ledger.
        let mut touched = format!(
            "SELECT COUNT(*) AS number FROM posts JOIN counts ON counts.post = posts.id WHERE posts.id = {post} \
             AND (revision > 1 OR source IS NOT NULL OR views <> 0 OR viewers <> 0"
        );
        for table in ["hourly_views", "viewings", "ledger", "corrections"] {
            touched += &format!(" OR EXISTS (SELECT 1 FROM {table} WHERE {table}.post = {post})");
        }
        if number(connection, touched + ")")? > 0 {
            kept += 1;
        } else {
            posts::remove(connection, post)?;
            removed += 1;
        }
    }
    Ok((removed, kept))
}
