//! A number that differs from the rows it is computed from.

use std::fmt;

use super::post::PostId;
use super::time::TimestampMs;

/// One finding of `check`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inconsistency {
    /// A post's total is not the sum of its rows.
    Total {
        /// The post.
        post: PostId,
        /// Its slug.
        slug: String,
        /// `views` or `viewers`.
        what: &'static str,
        /// The stored number.
        is: i64,
        /// The sum of its rows.
        rows: i64,
    },
    /// A post has no row for its numbers; without one it is not found.
    NoNumbers {
        /// The post.
        post: PostId,
        /// Its slug.
        slug: String,
    },
    /// The site's views of an hour are not the sum of its posts'.
    SiteHour {
        /// The hour.
        hour: TimestampMs,
        /// The stored number.
        is: i64,
        /// The sum of its posts' rows.
        rows: i64,
    },
    /// Rows of a post that does not exist.
    Orphans {
        /// The table.
        table: &'static str,
        /// The post's number.
        post: PostId,
        /// How many.
        rows: i64,
    },
    /// A named viewer has viewings but no name.
    Nameless {
        /// The viewer's number.
        viewer: i64,
        /// How many viewings.
        rows: i64,
    },
    /// Ledger entries under an unknown reason.
    NoReason {
        /// The post.
        post: PostId,
        /// The word.
        reason: String,
        /// How many events.
        count: i64,
    },
}

impl fmt::Display for Inconsistency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Inconsistency::Total {
                post,
                slug,
                what,
                is,
                rows,
            } => {
                write!(
                    f,
                    "post {post} ({slug}): {what} is {is}, its rows say {rows}"
                )
            }
            Inconsistency::NoNumbers { post, slug } => {
                write!(f, "post {post} ({slug}): it has no numbers")
            }
            Inconsistency::SiteHour { hour, is, rows } => {
                write!(f, "site at {hour}: views is {is}, its posts say {rows}")
            }
            Inconsistency::Orphans { table, post, rows } => {
                write!(
                    f,
                    "{table}: {rows} rows of post {post}, which does not exist"
                )
            }
            Inconsistency::Nameless { viewer, rows } => {
                write!(
                    f,
                    "viewings: {rows} rows of viewer {viewer}, who has no name"
                )
            }
            Inconsistency::NoReason {
                post,
                reason,
                count,
            } => write!(
                f,
                "ledger of post {post}: {count} under {reason:?}, which is no reason"
            ),
        }
    }
}
