//! The statements of which a batch needs thousands, written so that Diesel keeps them prepared.
//!
//! Diesel prepares its own `UPDATE` and upsert anew each time they run, because the columns they set may differ;
//! that costs several times as much as running them. These have one text each, known by their type.
//!
//! For the same reason a row that can only be one is read with `get_result`, not with `first`: the latter binds a
//! `LIMIT`, and SQLite, which plans by it, prepares such a statement anew for each value bound.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Double, Text};
use diesel::sqlite::Sqlite;

/// Declares a statement: its text in pieces, each but the last followed by a value.
macro_rules! statement {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $rust:ty as $sql:ty),+ } $answer:ty, $first:literal, $($next:literal),+) => {
        $(#[$doc])*
        pub(super) struct $name {
            $(pub(super) $field: $rust),+
        }

        impl QueryId for $name {
            type QueryId = $name;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl Query for $name {
            type SqlType = $answer;
        }

        impl QueryFragment<Sqlite> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
                out.push_sql($first);
                $(
                    out.push_bind_param::<$sql, _>(&self.$field)?;
                    out.push_sql($next);
                )+
                Ok(())
            }
        }

        impl RunQueryDsl<SqliteConnection> for $name {}
    };
}

statement! {
    /// Adds views to an hour of a post.
    AddHour { post: i64 as BigInt, hour: i64 as BigInt, views: i64 as BigInt } (),
    "INSERT INTO hourly_views (post, hour, views) VALUES (", ", ", ", ",
    ") ON CONFLICT (post, hour) DO UPDATE SET views = hourly_views.views + excluded.views"
}

statement! {
    /// Sets the numbers of a post.
    SetCounts { views: i64 as BigInt, viewers: i64 as BigInt, trend: f64 as Double, post: i64 as BigInt } (),
    "UPDATE counts SET views = ", ", viewers = ", ", trend = ", " WHERE post = ", ""
}

statement! {
    /// Adds a viewer's visits to a post, and gives the views counted of that viewer.
    AddViewing {
        post: i64 as BigInt, viewer: i64 as BigInt, first: i64 as BigInt, last: i64 as BigInt,
        views: i64 as BigInt, counted_at: i64 as BigInt
    } BigInt,
    "INSERT INTO viewings (post, viewer, first, last, views, counted_at) VALUES (", ", ", ", ", ", ", ", ", ", ",
    ") ON CONFLICT (post, viewer) DO UPDATE SET first = min(viewings.first, excluded.first), \
     last = max(viewings.last, excluded.last), views = viewings.views + excluded.views, \
     counted_at = max(viewings.counted_at, excluded.counted_at) RETURNING views"
}

statement! {
    /// Adds to what was not counted of a post on a day.
    AddToLedger { post: i64 as BigInt, day: i64 as BigInt, reason: &'static str as Text, count: i64 as BigInt } (),
    "INSERT INTO ledger (post, day, reason, count) VALUES (", ", ", ", ", ", ",
    ") ON CONFLICT (post, day, reason) DO UPDATE SET count = ledger.count + excluded.count"
}
