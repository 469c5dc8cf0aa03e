//! A number that differs from the rows it is computed from.

use std::fmt;

use super::correction::CorrectionId;
use super::post::PostId;
use super::time::TimestampMs;

/// What a check has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many inconsistencies.
    pub found: u64,
    /// How many of them are there still; after a repair, those that cannot be mended.
    pub left: u64,
}

/// One finding of `check`.
#[derive(Clone, Debug, PartialEq)]
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
    /// A number of the site is not the sum over its posts and the ledger.
    Site {
        /// `views`, `viewers` or a reason.
        what: &'static str,
        /// The stored number.
        is: i64,
        /// The sum of its rows.
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
    /// Rows of a post with a number that cannot be: less than none, or larger than any.
    Impossible {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The post; 0 for the whole site, or none.
        post: PostId,
        /// How many rows.
        rows: i64,
        /// The least of the numbers.
        least: i64,
        /// The greatest of them.
        greatest: i64,
    },
    /// The rows that a post's number is the sum of add up to less than none.
    LessThanNone {
        /// The post.
        post: PostId,
        /// Its slug.
        slug: String,
        /// `views` or `viewers`.
        what: &'static str,
        /// Their sum.
        rows: i64,
    },
    /// Viewings of a post whose last view is before their first.
    Backward {
        /// The post.
        post: PostId,
        /// How many.
        rows: i64,
    },
    /// Windows in which viewers have counted for a post who have no viewing of it.
    Unviewed {
        /// The post.
        post: PostId,
        /// How many.
        rows: i64,
    },
    /// Viewings of a post with fewer views than windows in which they counted.
    FewViews {
        /// The post.
        post: PostId,
        /// How many.
        rows: i64,
    },
    /// The viewers of a post have more views than it was viewed. Which of both is wrong cannot be told.
    MoreViewed {
        /// The post.
        post: PostId,
        /// Its slug.
        slug: String,
        /// Views of its viewers.
        viewed: i64,
        /// Views by its hours.
        hours: i64,
    },
    /// Rows of hours taken out by a correction that has taken none out now.
    NotTakenOut {
        /// The table.
        table: &'static str,
        /// The correction's number.
        correction: CorrectionId,
        /// How many.
        rows: i64,
    },
    /// A correction's hours hold more views than it has taken out.
    MoreTakenOut {
        /// The correction's number.
        correction: CorrectionId,
        /// What it says.
        is: i64,
        /// The sum of its hours.
        rows: i64,
    },
    /// A post's trend is not what its hours say.
    Trend {
        /// The post.
        post: PostId,
        /// The stored one.
        is: f64,
        /// What it should be.
        hours: f64,
    },
    /// Searching does not find a post by the words of its title and summary, or finds it by others.
    SearchTerms {
        /// The post.
        post: PostId,
    },
    /// A name that is no host has views from there.
    NoHost {
        /// The name.
        host: String,
        /// How many rows have it.
        rows: i64,
    },
    /// The views of a day that came to the site from elsewhere are not those that came to its posts.
    SiteReferrers {
        /// The day.
        day: TimestampMs,
        /// The stored number.
        is: i64,
        /// The sum of its posts' rows.
        rows: i64,
    },
    /// A post has an address that is not in the form in which pages are looked for: it is not found by it.
    Address {
        /// The post.
        post: PostId,
        /// Its slug.
        slug: String,
        /// The stored address.
        is: String,
        /// That form; `None` for what is no address.
        normal: Option<String>,
    },
    /// What a repair has left.
    Left(Box<Inconsistency>),
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

impl Inconsistency {
    /// Whether it can be told from other rows, or from what can be at all, what would be right.
    pub fn can_be_mended(&self) -> bool {
        !matches!(self, Inconsistency::MoreViewed { .. })
    }
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
            Inconsistency::Site { what, is, rows } => {
                write!(f, "site: {what} is {is}, its rows say {rows}")
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
            Inconsistency::Impossible {
                table,
                column,
                post,
                rows,
                least,
                greatest,
            } => write!(
                f,
                "{table}: {rows} rows of post {post} with {column} that cannot be, {least} to {greatest}"
            ),
            Inconsistency::LessThanNone {
                post,
                slug,
                what,
                rows,
            } => write!(
                f,
                "post {post} ({slug}): its rows say {rows} {what}, less than none"
            ),
            Inconsistency::Backward { post, rows } => write!(
                f,
                "viewings: {rows} rows of post {post} with the last view before the first"
            ),
            Inconsistency::Unviewed { post, rows } => write!(
                f,
                "counted_windows: {rows} rows of post {post} and viewers without a viewing of it"
            ),
            Inconsistency::FewViews { post, rows } => write!(
                f,
                "viewings: {rows} rows of post {post} with fewer views than windows"
            ),
            Inconsistency::MoreViewed {
                post,
                slug,
                viewed,
                hours,
            } => write!(
                f,
                "post {post} ({slug}): its viewers have {viewed} views, its hours {hours}; which is wrong cannot be told"
            ),
            Inconsistency::NotTakenOut {
                table,
                correction,
                rows,
            } => write!(
                f,
                "{table}: {rows} rows of correction {correction}, which has no hours taken out"
            ),
            Inconsistency::MoreTakenOut {
                correction,
                is,
                rows,
            } => write!(
                f,
                "correction {correction}: views taken out are {is}, its hours say {rows}"
            ),
            Inconsistency::Trend { post, is, hours } => {
                write!(f, "post {post}: trend is {is}, its hours say {hours}")
            }
            Inconsistency::SearchTerms { post } => write!(
                f,
                "post {post}: searching goes by other words than those of its title and summary"
            ),
            Inconsistency::NoHost { host, rows } => {
                write!(f, "referrers: {rows} rows of {host:?}, which is no host")
            }
            Inconsistency::SiteReferrers { day, is, rows } => write!(
                f,
                "site on {day}: views with a referrer are {is}, its posts say {rows}"
            ),
            Inconsistency::Address {
                post,
                slug,
                is,
                normal,
            } => match normal {
                Some(normal) => write!(
                    f,
                    "post {post} ({slug}): its address is {is:?}, and pages are looked for as {normal:?}"
                ),
                None => write!(
                    f,
                    "post {post} ({slug}): its address is {is:?}, which is none"
                ),
            },
            Inconsistency::Left(left) => write!(f, "left: {left}"),
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
