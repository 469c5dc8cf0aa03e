//! Everything in the store, row by row: what an export is made of.
//!
//! Rows come in the order of their keys and one at a time, so that two exports of the same rows are the same bytes and
//! a million posts take no more memory than one.

use std::ops::ControlFlow;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::query_dsl::methods::LoadQuery;

use super::error::StoreError;
use super::posts::tags_from_text;
use super::row_sink::RowSink;
use super::schema::{
    applied_spills, corrections, counts, drains, hourly_views, imported_logs, ledger, posts,
    viewers, viewings,
};
use crate::model::{EXPORT_VERSION, NumbersRow, PostRecord, Record};

/// Runs queries until one of them breaks.
macro_rules! each {
    ($($query:expr);* $(;)?) => {{
        $(if $query?.is_break() {
            return Ok(ControlFlow::Break(()));
        })*
        Ok(ControlFlow::Continue(()))
    }};
}

/// Tells every row; to be called inside a transaction, so that all are of one moment.
pub(super) fn export(
    connection: &mut SqliteConnection,
    take: RowSink<'_, Record>,
) -> Result<(), StoreError> {
    let mut lines = 0;
    let mut counting = |record| {
        lines += 1;
        take(record)
    };
    if all_rows(connection, &mut counting)?.is_continue() {
        // Whether it was wanted is the caller's to know.
        let _ = take(Record::End { lines });
    }
    Ok(())
}

fn all_rows(
    connection: &mut SqliteConnection,
    take: RowSink<'_, Record>,
) -> Result<ControlFlow<()>, StoreError> {
    let version = EXPORT_VERSION;
    let numbers = last_numbers(connection)?;
    if take(Record::Viewtally { version }).is_break() || take(numbers).is_break() {
        return Ok(ControlFlow::Break(()));
    }
    each! {
        content(connection, take);
        numbers_of_posts(connection, take);
        history(connection, take);
    }
}

/// Hands the rows of a query on as they come from the database.
fn tell<'q, Row, Query>(
    connection: &mut SqliteConnection,
    query: Query,
    take: RowSink<'_, Record>,
    record: impl Fn(Row) -> Record,
) -> Result<ControlFlow<()>, StoreError>
where
    Query: RunQueryDsl<SqliteConnection> + LoadQuery<'q, SqliteConnection, Row, DefaultLoadingMode>,
{
    for row in query.load_iter::<Row, DefaultLoadingMode>(connection)? {
        if take(record(row?)).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

type PostColumns = (
    (i64, String, String, String, String, String),
    (i64, i64, i64, Option<String>, Option<String>),
    (i64, i64, i64, f64),
);

fn content(
    connection: &mut SqliteConnection,
    take: RowSink<'_, Record>,
) -> Result<ControlFlow<()>, StoreError> {
    let query = posts::table
        .inner_join(counts::table)
        .order(posts::id)
        .select((
            (
                posts::id,
                posts::slug,
                posts::title,
                posts::summary,
                posts::body,
                posts::tags,
            ),
            (
                posts::published_at,
                posts::updated_at,
                posts::revision,
                posts::source,
                posts::source_path,
            ),
            (
                counts::views,
                counts::viewers,
                counts::past_viewers,
                counts::trend,
            ),
        ));
    tell(
        connection,
        query,
        take,
        |(text, origin, numbers): PostColumns| {
            let (id, slug, title, summary, body, tags) = text;
            let (published_at, updated_at, revision, source, source_path) = origin;
            let (views, viewers, past_viewers, trend) = numbers;
            Record::Post(Box::new(PostRecord {
                id,
                slug,
                title,
                summary,
                body,
                tags: tags_from_text(&tags),
                published_at,
                updated_at,
                revision,
                source,
                source_path,
                views,
                viewers,
                past_viewers,
                trend,
            }))
        },
    )
}

fn numbers_of_posts(
    connection: &mut SqliteConnection,
    take: RowSink<'_, Record>,
) -> Result<ControlFlow<()>, StoreError> {
    let hours = hourly_views::table.order((hourly_views::post, hourly_views::hour));
    let uncounted = ledger::table.order((ledger::post, ledger::day, ledger::reason));
    let corrected = corrections::table.order(corrections::id);
    each! {
        tell(connection, hours, take, |(post, hour, views)| Record::Hour { post, hour, views });
        tell(connection, uncounted, take, |(post, day, reason, count)| {
            Record::Uncounted { post, day, reason, count }
        });
        tell(connection, corrected, take, |(id, post, at, views, viewers, reason)| {
            Record::Correction { id, post, at, views, viewers, reason }
        });
    }
}

fn history(
    connection: &mut SqliteConnection,
    take: RowSink<'_, Record>,
) -> Result<ControlFlow<()>, StoreError> {
    let named = viewers::table.order(viewers::id);
    let seen = viewings::table.order((viewings::post, viewings::viewer));
    let spills = applied_spills::table.order(applied_spills::id);
    let logs = imported_logs::table.order(imported_logs::id);
    let stops = drains::table.order(drains::at);
    each! {
        tell(connection, named, take, |(id, name)| Record::Viewer { id, name });
        tell(connection, seen, take, |(post, viewer, first, last, views, counted_at)| {
            Record::Viewing { post, viewer, first, last, views, counted_at }
        });
        tell(connection, spills, take, |(id, applied_at)| Record::Spill { id, applied_at });
        tell(connection, logs, take, |(id, head, bytes, hash, at)| {
            Record::Log { id, head, bytes, hash, at }
        });
        tell(connection, stops, take, |(at, took, written, unwritten)| {
            Record::Drain { at, took, written, unwritten }
        });
    }
}

/// The last numbers given. A deleted row's number is not given again, so the rows alone do not tell.
fn last_numbers(connection: &mut SqliteConnection) -> Result<Record, StoreError> {
    diesel::table! {
        sqlite_sequence (name) {
            name -> Text,
            seq -> BigInt,
        }
    }
    let rows: Vec<(String, i64)> = sqlite_sequence::table.load(connection)?;
    let last = |table: &str| {
        let row = rows.iter().find(|(name, _)| name == table);
        row.map_or(0, |(_, last)| *last)
    };
    Ok(Record::Numbers {
        posts: last("posts"),
        viewers: last("viewers"),
        corrections: last("corrections"),
        logs: last("imported_logs"),
    })
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(diesel::sqlite::Sqlite))]
struct NumbersColumns {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    post: i64,
    #[diesel(sql_type = diesel::sql_types::Text)]
    slug: String,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    views: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    viewers: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    duplicate: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    bot: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    prefetch: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    excluded: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    dropped: i64,
}

/// Tells every post's numbers, by id.
pub(super) fn numbers(
    connection: &mut SqliteConnection,
    take: RowSink<'_, NumbersRow>,
) -> Result<(), StoreError> {
    let sum = |reason: &str| {
        format!(
            "CAST((SELECT COALESCE(SUM(l.count), 0) FROM ledger l WHERE l.post = p.id AND l.reason = '{reason}') AS BIGINT) AS {reason}"
        )
    };
    let sums: Vec<String> = crate::model::Reason::ALL
        .iter()
        .map(|reason| sum(reason.name()))
        .collect();
    let query = diesel::sql_query(format!(
        "SELECT p.id AS post, p.slug, c.views, c.viewers, {} \
         FROM posts p JOIN counts c ON c.post = p.id ORDER BY p.id",
        sums.join(", ")
    ));
    for row in query.load_iter::<NumbersColumns, DefaultLoadingMode>(connection)? {
        let row = row?;
        let told = take(NumbersRow {
            post: row.post,
            slug: row.slug,
            views: row.views,
            viewers: row.viewers,
            duplicate: row.duplicate,
            bot: row.bot,
            prefetch: row.prefetch,
            excluded: row.excluded,
            dropped: row.dropped,
        });
        if told.is_break() {
            break;
        }
    }
    Ok(())
}
