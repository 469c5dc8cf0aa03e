//! What was not counted, in words.

use crate::model::{Reason, Uncounted};
use crate::pages::text;

/// A line of the table of what was not counted.
pub struct UncountedRow {
    pub name: &'static str,
    pub meaning: &'static str,
    pub count: String,
}

/// The reasons, the commonest first.
pub fn rows(uncounted: &Uncounted) -> Vec<UncountedRow> {
    let mut reasons = Reason::ALL;
    reasons.sort_by_key(|reason| std::cmp::Reverse(uncounted.get(*reason)));
    reasons
        .into_iter()
        .map(|reason| {
            let (name, meaning) = words(reason);
            UncountedRow {
                name,
                meaning,
                count: text::number(i64::try_from(uncounted.get(reason)).unwrap_or(i64::MAX)),
            }
        })
        .collect()
}

fn words(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::Duplicate => ("Repeats", "the same viewer again in the same window"),
        Reason::Bot => (
            "Crawlers",
            "clients that say they are search engines or previews",
        ),
        Reason::Prefetch => (
            "Prefetches",
            "pages that a browser loaded before anybody wanted them",
        ),
        Reason::Excluded => ("Excluded", "clients that the server is told to leave out"),
        Reason::Dropped => (
            "Dropped",
            "read while the channel was full, of a post that was deleted, or of a page beyond a day's new posts",
        ),
    }
}
