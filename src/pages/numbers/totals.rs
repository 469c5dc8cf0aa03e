//! What was counted and what was not, of all time.

use super::uncounted::{self, UncountedRow};
use crate::model::PostStats;
use crate::pages::text;

/// As a page shows it.
pub struct Totals {
    pub views: String,
    pub viewers: String,
    pub not_counted: String,
    pub uncounted: Vec<UncountedRow>,
}

impl Totals {
    /// Those of a post, or of the site.
    pub fn new(stats: &PostStats) -> Totals {
        let not_counted = i64::try_from(stats.uncounted.total()).unwrap_or(i64::MAX);
        Totals {
            views: text::number(stats.views),
            viewers: text::number(stats.viewers),
            not_counted: text::number(not_counted),
            uncounted: uncounted::rows(&stats.uncounted),
        }
    }
}
