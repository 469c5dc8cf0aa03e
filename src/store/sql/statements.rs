//! The statements of which a batch needs thousands, in a form that Diesel keeps prepared.
//!
//! Diesel prepares its own `UPDATE` and upsert each time they run, because the columns they set may differ, and that
//! costs several times as much as running them. Each statement here has one text, known by its type.
//!
//! For the same reason queries for one row use `get_result` and not `first`: the latter binds a `LIMIT`, and SQLite,
//! whose plan depends on it, prepares such a statement again for each value bound.

use diesel::backend::Backend;
use diesel::connection::Connection;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Double, HasSqlType, Text};

/// Declares a statement: its text in pieces, each but the last followed by a value.
macro_rules! statement {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $rust:ty as $sql:ty),+ $(,)? } $answer:ty, $first:literal, $($next:literal),+ $(,)?) => {
        $(#[$doc])*
        pub struct $name {
            $(pub $field: $rust),+
        }

        impl QueryId for $name {
            type QueryId = $name;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl Query for $name {
            type SqlType = $answer;
        }

        impl<DB> QueryFragment<DB> for $name
        where
            DB: Backend $(+ HasSqlType<$sql>)+,
            $($rust: ToSql<$sql, DB>,)+
        {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
                out.push_sql($first);
                $(
                    out.push_bind_param::<$sql, _>(&self.$field)?;
                    out.push_sql($next);
                )+
                Ok(())
            }
        }

        impl<C: Connection> RunQueryDsl<C> for $name {}
    };
}

statement! {
    /// Adds views to an hour of a post.
    AddHour {
        post: i64 as BigInt,
        hour: i64 as BigInt,
        views: i64 as BigInt,
    } (),
    "INSERT INTO hourly_views (post, hour, views) VALUES (", ", ", ", ",
    ") ON CONFLICT (post, hour) DO UPDATE SET views = hourly_views.views + excluded.views",
}

statement! {
    /// Subtracts a post's hours from the site's.
    SubtractFromSite {
        post: i64 as BigInt,
        same: i64 as BigInt,
    } (),
    "UPDATE hourly_views SET views = views - (SELECT own.views FROM hourly_views own WHERE own.post = ",
    " AND own.hour = hourly_views.hour) WHERE post = 0 AND hour IN (SELECT hour FROM hourly_views WHERE post = ",
    ")",
}

statement! {
    /// Sets the numbers of a post.
    SetCounts {
        views: i64 as BigInt,
        viewers: i64 as BigInt,
        trend: f64 as Double,
        post: i64 as BigInt,
    } (),
    "UPDATE counts SET views = ", ", viewers = ", ", trend = ", " WHERE post = ", "",
}

statement! {
    /// Adds a window in which a viewer's view of a post counts, unless it is there.
    AddWindow {
        post: i64 as BigInt,
        viewer: i64 as BigInt,
        start: i64 as BigInt,
    } (),
    "INSERT INTO counted_windows (post, viewer, start) VALUES (", ", ", ", ",
    ") ON CONFLICT DO NOTHING",
}

statement! {
    /// Adds a viewer's visits to a post, and returns all views counted of that viewer there.
    AddViewing {
        post: i64 as BigInt,
        viewer: i64 as BigInt,
        first: i64 as BigInt,
        last: i64 as BigInt,
        views: i64 as BigInt,
    } BigInt,
    "INSERT INTO viewings (post, viewer, first, last, views, counted_at) VALUES (", ", ", ", ", ", ", ", ",
    ", 0) ON CONFLICT (post, viewer) DO UPDATE SET \
     first = CASE WHEN excluded.first < viewings.first THEN excluded.first ELSE viewings.first END, \
     last = CASE WHEN excluded.last > viewings.last THEN excluded.last ELSE viewings.last END, \
     views = viewings.views + excluded.views RETURNING views",
}

statement! {
    /// Adds to the uncounted events of a post on a day.
    AddToLedger {
        post: i64 as BigInt,
        day: i64 as BigInt,
        reason: &'static str as Text,
        count: i64 as BigInt,
    } (),
    "INSERT INTO ledger (post, day, reason, count) VALUES (", ", ", ", ", ", ",
    ") ON CONFLICT (post, day, reason) DO UPDATE SET count = ledger.count + excluded.count",
}

statement! {
    /// Adds to a number of the site. What no column can hold becomes the largest that one can: SQLite would go on with
    /// rounded numbers.
    AddToSite {
        name: &'static str as Text,
        number: i64 as BigInt,
    } (),
    "INSERT INTO site_numbers (name, number) VALUES (", ", ",
    ") ON CONFLICT (name) DO UPDATE SET number = CASE \
     WHEN excluded.number > 0 AND site_numbers.number > 9223372036854775807 - excluded.number \
     THEN 9223372036854775807 \
     WHEN excluded.number < 0 AND site_numbers.number < -9223372036854775807 - excluded.number \
     THEN -9223372036854775807 \
     ELSE site_numbers.number + excluded.number END",
}

statement! {
    /// Adds views to a log's share of an hour of a post.
    AddLogHour {
        post: i64 as BigInt,
        log: i64 as BigInt,
        hour: i64 as BigInt,
        views: i64 as BigInt,
    } (),
    "INSERT INTO log_hours (post, log, hour, views) VALUES (", ", ", ", ", ", ",
    ") ON CONFLICT (post, log, hour) DO UPDATE SET views = log_hours.views + excluded.views",
}

statement! {
    /// Adds to a log's share of the uncounted events of a post on a day.
    AddToLogLedger {
        post: i64 as BigInt,
        log: i64 as BigInt,
        day: i64 as BigInt,
        reason: &'static str as Text,
        count: i64 as BigInt,
    } (),
    "INSERT INTO log_ledger (post, log, day, reason, count) VALUES (", ", ", ", ", ", ", ", ",
    ") ON CONFLICT (post, log, day, reason) DO UPDATE SET count = log_ledger.count + excluded.count",
}

statement! {
    /// Adds a viewer's visits to a post to a log's share of them.
    AddLogViewing {
        post: i64 as BigInt,
        viewer: i64 as BigInt,
        log: i64 as BigInt,
        first: i64 as BigInt,
        last: i64 as BigInt,
        views: i64 as BigInt,
    } (),
    "INSERT INTO log_viewings (post, viewer, log, first, last, views) VALUES (", ", ", ", ", ", ", ", ", ", ",
    ") ON CONFLICT (post, viewer, log) DO UPDATE SET \
     first = CASE WHEN excluded.first < log_viewings.first THEN excluded.first ELSE log_viewings.first END, \
     last = CASE WHEN excluded.last > log_viewings.last THEN excluded.last ELSE log_viewings.last END, \
     views = log_viewings.views + excluded.views",
}

statement! {
    /// Adds a window in which a log saw a viewer. What the log counted there before stays counted.
    AddLogWindow {
        post: i64 as BigInt,
        viewer: i64 as BigInt,
        start: i64 as BigInt,
        log: i64 as BigInt,
        batch: i64 as BigInt,
        at: i64 as BigInt,
        counted: i64 as BigInt,
    } (),
    "INSERT INTO log_windows (post, viewer, start, log, batch, at, counted) VALUES (", ", ", ", ", ", ", ", ", ", ", ", ",
    ") ON CONFLICT (post, viewer, start, log) DO UPDATE SET at = excluded.at, counted = excluded.counted \
     WHERE excluded.counted > log_windows.counted",
}
