//! Sums recomputed from their rows.
//!
//! `counts` and the site's hours are stored sums; here they are computed again. The rows are taken to be right. In plain
//! SQL, because each check is one query, whichever the database.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::backend::{Db, DbConnection, RowByRow};
use crate::model::{Inconsistency, Reason, TimestampMs};
use crate::store::error::StoreError;
use crate::store::row_sink::RowSink;

/// What a post's views add up to.
pub(super) const VIEWS: &str = "CAST((SELECT COALESCE(SUM(h.views), 0) FROM hourly_views h WHERE h.post = counts.post) \
     + (SELECT COALESCE(SUM(k.views), 0) FROM corrections k WHERE k.post = counts.post) AS BIGINT)";
/// What a post's viewers add up to.
pub(super) const VIEWERS: &str = "CAST((SELECT COUNT(*) FROM viewings v WHERE v.post = counts.post) + past_viewers \
     + (SELECT COALESCE(SUM(k.viewers), 0) FROM corrections k WHERE k.post = counts.post) AS BIGINT)";

/// Tables whose rows belong to posts without a foreign key.
pub(super) const TABLES: [&str; 11] = [
    "hourly_views",
    "ledger",
    "corrections",
    "viewings",
    "counted_windows",
    "log_hours",
    "log_ledger",
    "log_viewings",
    "log_windows",
    "log_past_viewers",
    "log_posts",
];

#[derive(QueryableByName)]
#[diesel(check_for_backend(Db))]
struct Finding {
    #[diesel(sql_type = BigInt)]
    key: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    stored: i64,
    #[diesel(sql_type = BigInt)]
    summed: i64,
}

/// Sends the differences to `findings` until it breaks; returns how many there are. Inside one transaction, all are of
/// the same moment.
pub(super) fn check(
    connection: &mut DbConnection,
    findings: RowSink<'_, Inconsistency>,
) -> Result<u64, StoreError> {
    let mut count = 0;
    let mut wanted = true;
    let mut find = |query: String, difference: &dyn Fn(Finding) -> Inconsistency| {
        let rows = diesel::sql_query(query);
        for row in rows.load_iter::<Finding, RowByRow>(connection)? {
            count += 1;
            let finding = difference(row?);
            wanted = wanted && findings(finding).is_continue();
        }
        Ok::<(), StoreError>(())
    };
    for table in TABLES {
        let query = format!(
            "SELECT r.post AS key, '' AS name, r.n AS stored, r.n AS summed FROM \
             (SELECT post, COUNT(*) AS n FROM {table} WHERE post <> 0 GROUP BY post) r \
             LEFT JOIN posts ON posts.id = r.post WHERE posts.id IS NULL ORDER BY r.post"
        );
        find(query, &|found| Inconsistency::Orphans {
            table,
            post: found.key,
            rows: found.summed,
        })?;
    }
    find(
        "SELECT posts.id AS key, slug AS name, CAST(0 AS BIGINT) AS stored, CAST(0 AS BIGINT) AS summed FROM posts \
             LEFT JOIN counts ON counts.post = posts.id WHERE counts.post IS NULL ORDER BY posts.id"
            .to_owned(),
        &|found| Inconsistency::NoNumbers {
            post: found.key,
            slug: found.name,
        },
    )?;
    find(
        "SELECT v.viewer AS key, '' AS name, COUNT(*) AS stored, COUNT(*) AS summed FROM viewings v \
             LEFT JOIN viewers ON viewers.id = v.viewer \
             WHERE v.viewer > 0 AND viewers.id IS NULL GROUP BY v.viewer ORDER BY v.viewer"
            .to_owned(),
        &|found| Inconsistency::Nameless {
            viewer: found.key,
            rows: found.summed,
        },
    )?;
    find(
        format!(
            "SELECT post AS key, reason AS name, CAST(SUM(count) AS BIGINT) AS stored, CAST(0 AS BIGINT) AS summed FROM ledger \
             WHERE reason NOT IN ({}) GROUP BY post, reason ORDER BY post, reason",
            reasons()
        ),
        &|found| Inconsistency::NoReason {
            post: found.key,
            reason: found.name,
            count: found.stored,
        },
    )?;
    for (what, rows) in [("views", VIEWS), ("viewers", VIEWERS)] {
        let query = format!(
            "SELECT t.post AS key, slug AS name, t.stored, t.summed FROM \
             (SELECT post, {what} AS stored, {rows} AS summed FROM counts) t \
             JOIN posts ON posts.id = t.post WHERE t.stored <> t.summed ORDER BY t.post"
        );
        find(query, &|found| Inconsistency::Total {
            post: found.key,
            slug: found.name,
            what,
            is: found.stored,
            rows: found.summed,
        })?;
    }
    find(
        "SELECT hour AS key, '' AS name, \
             CAST(SUM(CASE WHEN post = 0 THEN views ELSE 0 END) AS BIGINT) AS stored, \
             CAST(SUM(CASE WHEN post = 0 THEN 0 ELSE views END) AS BIGINT) AS summed \
             FROM hourly_views GROUP BY hour \
             HAVING SUM(CASE WHEN post = 0 THEN views ELSE -views END) <> 0 ORDER BY hour"
            .to_owned(),
        &|found| Inconsistency::SiteHour {
            hour: TimestampMs(found.key),
            is: found.stored,
            rows: found.summed,
        },
    )?;
    Ok(count)
}

/// The names of all reasons, as an SQL list.
pub(super) fn reasons() -> String {
    let names: Vec<String> = Reason::ALL
        .iter()
        .map(|reason| format!("'{}'", reason.name()))
        .collect();
    names.join(", ")
}
