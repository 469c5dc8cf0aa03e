//! All rows of some exports, added up by page.

use std::collections::{BTreeMap, HashMap};

use crate::import::numbers::NumberRow;
use crate::model::time::HOUR;

/// The views of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct PageViews {
    /// Its address or path, as it stands in the export.
    pub(super) page: String,
    /// Its title; empty where none is given.
    pub(super) title: String,
    /// Views of which no time is known.
    pub(super) total: i64,
    /// Views by hour.
    pub(super) hours: BTreeMap<i64, i64>,
}

impl PageViews {
    /// All its views.
    pub(super) fn views(&self) -> i64 {
        let hours = self.hours.values();
        hours.fold(self.total, |sum, views| sum.saturating_add(*views))
    }

    /// When it was first viewed, if that is known.
    pub(super) fn first(&self) -> Option<i64> {
        self.hours.keys().next().copied()
    }
}

/// Pages, each once.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) pages: Vec<PageViews>,
    indexes: HashMap<String, usize>,
}

impl Collected {
    /// Adds a row. Doubles of a page add up: counters that many readers make at once have some.
    pub(super) fn add(&mut self, row: NumberRow) {
        let next = self.pages.len();
        let index = *self.indexes.entry(row.page.clone()).or_insert(next);
        if index == next {
            self.pages.push(PageViews {
                page: row.page,
                ..PageViews::default()
            });
        }
        let page = &mut self.pages[index];
        if page.title.is_empty() {
            page.title = row.title;
        }
        match row.at {
            None => page.total = page.total.saturating_add(row.views),
            Some(at) => {
                let hour = at.div_euclid(HOUR) * HOUR;
                let views = page.hours.entry(hour).or_default();
                *views = views.saturating_add(row.views);
            }
        }
    }
}
