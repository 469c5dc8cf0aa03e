//! What came of an import of numbers.

use std::fmt;

/// Pages without a post that are listed.
const LISTED: usize = 50;

/// What came of an import.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Pages that have a post.
    pub(super) matched: u64,
    /// Views of these pages.
    pub(super) views: i64,
    /// Views that were new here.
    pub(super) added: i64,
    /// Posts that were made.
    pub(super) created: u64,
    /// Rows that are no views of pages.
    pub(super) other: u64,
    /// Lines that cannot be read.
    pub(super) damaged: u64,
    /// Pages without a post, and their views.
    pub(super) unmatched: Vec<(String, i64)>,
    /// Files that cannot be read.
    pub(super) failed: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut unmatched = self.unmatched.clone();
        unmatched.sort_by(|(a, most), (b, least)| least.cmp(most).then(a.cmp(b)));
        if !unmatched.is_empty() {
            writeln!(f, "no post has these pages, --create makes some:")?;
        }
        for (page, views) in unmatched.iter().take(LISTED) {
            writeln!(f, "  {views:>8} {}", page.escape_debug())?;
        }
        if unmatched.len() > LISTED {
            writeln!(f, "  and {} more", unmatched.len() - LISTED)?;
        }
        let left = unmatched
            .iter()
            .fold(0_i64, |sum, (_, views)| sum.saturating_add(*views));
        write!(
            f,
            "numbers: {} views of {} pages, {} of them new here; posts: {} new; not matched: {} views of {} pages; no views \
             of pages: {} rows; damaged: {} lines; {} files failed",
            self.views,
            self.matched,
            self.added,
            self.created,
            left,
            unmatched.len(),
            self.other,
            self.damaged,
            self.failed
        )
    }
}
