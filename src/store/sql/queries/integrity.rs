//! Sums recomputed from their rows, and rows compared with each other.
//!
//! `counts`, the site's hours and its numbers are stored sums; here they are computed again. The rows are taken to be right, except
//! where they cannot be. In plain SQL, because each check is one query, whichever the database.

use super::backend::{DbConnection, search_check};
use super::findings::find;
use super::{
    addresses_check, impossible, referrers_check, removed_hours_check, site_numbers, trends,
};
use crate::model::{Inconsistency, Reason, TimestampMs};
use crate::store::error::StoreError;
use crate::store::row_sink::RowSink;
use crate::store::sql::columns::sum_text;

/// Tables whose rows belong to posts, and whether post 0 stands for something in them.
pub(super) const TABLES: [(&str, bool); 16] = [
    ("hourly_views", true),
    ("ledger", true),
    ("corrections", false),
    ("viewings", false),
    ("counted_windows", false),
    ("counts", false),
    ("post_tags", false),
    ("log_hours", true),
    ("log_ledger", true),
    ("log_viewings", true),
    ("log_windows", true),
    ("log_past_viewers", true),
    ("log_posts", true),
    ("removed_hours", false),
    ("removed_log_hours", false),
    ("referrers", true),
];

/// What makes a viewing one of nobody: a number of a name that is not there.
pub(super) const NAMELESS: &str = "viewer > 0 AND viewer NOT IN (SELECT id FROM viewers)";

/// Windows without the viewing that they belong to.
pub(super) const UNVIEWED: &str = "NOT EXISTS (SELECT 1 FROM viewings v \
     WHERE v.post = counted_windows.post AND v.viewer = counted_windows.viewer)";

/// In how many windows a viewing has counted.
pub(super) const WINDOWS: &str = "(SELECT COUNT(*) FROM counted_windows w \
     WHERE w.post = viewings.post AND w.viewer = viewings.viewer)";

/// What a post's views add up to.
pub(super) fn views() -> String {
    let (hours, corrected) = (sum_text("h.views"), sum_text("k.views"));
    format!(
        "CAST((SELECT {hours} FROM hourly_views h WHERE h.post = counts.post) \
         + (SELECT {corrected} FROM corrections k WHERE k.post = counts.post) AS BIGINT)"
    )
}

/// What a post's viewers add up to.
pub(super) fn viewers() -> String {
    let corrected = sum_text("k.viewers");
    format!(
        "CAST((SELECT COUNT(*) FROM viewings v WHERE v.post = counts.post) + past_viewers \
         + (SELECT {corrected} FROM corrections k WHERE k.post = counts.post) AS BIGINT)"
    )
}

/// Sends the differences to `findings` until it breaks; returns how many there are. Inside one transaction, all are of
/// the same moment.
pub(super) fn check(
    connection: &mut DbConnection,
    findings: RowSink<'_, Inconsistency>,
) -> Result<u64, StoreError> {
    let mut count = 0;
    let mut wanted = true;
    let mut found = |finding| {
        count += 1;
        wanted = wanted && findings(finding).is_continue();
    };
    rows_of_nothing(connection, &mut found)?;
    impossible::check(connection, &mut found)?;
    viewings(connection, &mut found)?;
    sums(connection, &mut found)?;
    site_numbers::check(connection, &mut found)?;
    removed_hours_check::check(connection, &mut found)?;
    referrers_check::check(connection, &mut found)?;
    addresses_check::check(connection, &mut found)?;
    searching(connection, &mut found)?;
    for wrong in trends::wrong(connection)? {
        found(Inconsistency::Trend {
            post: wrong.post,
            is: wrong.is,
            hours: wrong.hours,
        });
    }
    Ok(count)
}

/// Rows that lack what they belong to.
fn rows_of_nothing(
    connection: &mut DbConnection,
    found: &mut dyn FnMut(Inconsistency),
) -> Result<(), StoreError> {
    for (table, has_zero) in TABLES {
        let nothing = match has_zero {
            true => "post <> 0",
            false => "1 = 1",
        };
        let query = format!(
            "SELECT r.post AS key, '' AS name, r.n AS stored, r.n AS summed FROM \
             (SELECT post, COUNT(*) AS n FROM {table} WHERE {nothing} GROUP BY post) r \
             LEFT JOIN posts ON posts.id = r.post WHERE posts.id IS NULL ORDER BY r.post"
        );
        find(connection, query, found, |row| Inconsistency::Orphans {
            table,
            post: row.key,
            rows: row.summed,
        })?;
    }
    find(
        connection,
        "SELECT posts.id AS key, slug AS name, CAST(0 AS BIGINT) AS stored, CAST(0 AS BIGINT) AS summed FROM posts \
             LEFT JOIN counts ON counts.post = posts.id WHERE counts.post IS NULL ORDER BY posts.id"
            .to_owned(),
        found,
        |row| Inconsistency::NoNumbers {
            post: row.key,
            slug: row.name,
        },
    )?;
    find(
        connection,
        format!(
            "SELECT viewer AS key, '' AS name, COUNT(*) AS stored, COUNT(*) AS summed FROM viewings \
             WHERE {NAMELESS} GROUP BY viewer ORDER BY viewer"
        ),
        found,
        |row| Inconsistency::Nameless {
            viewer: row.key,
            rows: row.summed,
        },
    )?;
    find(
        connection,
        format!(
            "SELECT post AS key, reason AS name, {} AS stored, CAST(0 AS BIGINT) AS summed FROM ledger \
             WHERE reason NOT IN ({}) GROUP BY post, reason ORDER BY post, reason",
            sum_text("count"),
            reasons()
        ),
        found,
        |row| Inconsistency::NoReason {
            post: row.key,
            reason: row.name,
            count: row.stored,
        },
    )
}

/// What viewings say, against each other, the windows and the hours.
fn viewings(
    connection: &mut DbConnection,
    found: &mut dyn FnMut(Inconsistency),
) -> Result<(), StoreError> {
    let count = |table: &str, condition: &str| {
        format!(
            "SELECT post AS key, '' AS name, COUNT(*) AS stored, COUNT(*) AS summed FROM {table} \
             WHERE {condition} GROUP BY post ORDER BY post"
        )
    };
    find(
        connection,
        count("viewings", "last < first"),
        found,
        |row| Inconsistency::Backward {
            post: row.key,
            rows: row.stored,
        },
    )?;
    let of_posts = format!("{UNVIEWED} AND post IN (SELECT id FROM posts)");
    find(
        connection,
        count("counted_windows", &of_posts),
        found,
        |row| Inconsistency::Unviewed {
            post: row.key,
            rows: row.stored,
        },
    )?;
    let fewer = format!("views >= 0 AND views < {WINDOWS}");
    find(connection, count("viewings", &fewer), found, |row| {
        Inconsistency::FewViews {
            post: row.key,
            rows: row.stored,
        }
    })?;
    // Each view of a viewer is one of an hour, be it taken out or not, and an hour has views of nobody, too.
    find(
        connection,
        format!(
            "SELECT id AS key, slug AS name, t.viewed AS stored, t.hours AS summed FROM (SELECT id, slug, \
             (SELECT {} FROM viewings v WHERE v.post = posts.id AND NOT ({NAMELESS})) AS viewed, \
             (SELECT {} FROM hourly_views h WHERE h.post = posts.id) \
             + (SELECT {} FROM removed_hours r WHERE r.post = posts.id) AS hours FROM posts) t \
             WHERE t.viewed > t.hours ORDER BY id",
            sum_text("v.views"),
            sum_text("h.views"),
            sum_text("r.views")
        ),
        found,
        |row| Inconsistency::MoreViewed {
            post: row.key,
            slug: row.name,
            viewed: row.stored,
            hours: row.summed,
        },
    )
}

/// Stored sums.
fn sums(
    connection: &mut DbConnection,
    found: &mut dyn FnMut(Inconsistency),
) -> Result<(), StoreError> {
    for (what, rows) in [("views", views()), ("viewers", viewers())] {
        let query = |condition: &str| {
            format!(
                "SELECT t.post AS key, slug AS name, t.stored, t.summed FROM \
                 (SELECT post, {what} AS stored, {rows} AS summed FROM counts) t \
                 JOIN posts ON posts.id = t.post WHERE {condition} ORDER BY t.post"
            )
        };
        find(connection, query("t.stored <> t.summed"), found, |row| {
            Inconsistency::Total {
                post: row.key,
                slug: row.name,
                what,
                is: row.stored,
                rows: row.summed,
            }
        })?;
        find(connection, query("t.summed < 0"), found, |row| {
            Inconsistency::LessThanNone {
                post: row.key,
                slug: row.name,
                what,
                rows: row.summed,
            }
        })?;
    }
    find(
        connection,
        format!(
            "SELECT hour AS key, '' AS name, {} AS stored, {} AS summed \
             FROM hourly_views GROUP BY hour HAVING {} <> 0 ORDER BY hour",
            sum_text("(CASE WHEN post = 0 THEN views ELSE 0 END)"),
            sum_text("(CASE WHEN post = 0 THEN 0 ELSE views END)"),
            sum_text("(CASE WHEN post = 0 THEN views ELSE -views END)")
        ),
        found,
        |row| Inconsistency::SiteHour {
            hour: TimestampMs(row.key),
            is: row.stored,
            rows: row.summed,
        },
    )
}

/// The index of words against the posts.
fn searching(
    connection: &mut DbConnection,
    found: &mut dyn FnMut(Inconsistency),
) -> Result<(), StoreError> {
    let wrong = search_check::wrong(connection)?;
    for post in wrong.outdated {
        found(Inconsistency::SearchTerms { post });
    }
    for post in wrong.missing {
        found(Inconsistency::Orphans {
            table: "post_search",
            post,
            rows: 1,
        });
    }
    Ok(())
}

/// The names of all reasons, as an SQL list.
pub(super) fn reasons() -> String {
    let names: Vec<String> = Reason::ALL
        .iter()
        .map(|reason| format!("'{}'", reason.name()))
        .collect();
    names.join(", ")
}
