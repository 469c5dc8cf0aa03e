//! The rows a batch adds up to, before they are written.

use std::collections::BTreeMap;

use crate::model::{LedgerEntry, PostId, Reason};

/// The columns of rows, for a statement that takes them as arrays.
pub fn columns<const N: usize>(rows: impl Iterator<Item = [i64; N]>) -> [Vec<i64>; N] {
    let mut columns = [const { Vec::new() }; N];
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    columns
}

/// A post's numbers.
#[derive(Clone, Copy)]
pub struct Counts {
    pub views: i64,
    pub viewers: i64,
    pub trend: f64,
}

/// Rows by key: written in this order by every node.
#[derive(Default)]
pub struct Rows {
    /// Views by post and hour.
    pub hours: BTreeMap<(PostId, i64), u64>,
    /// Uncounted events by post, day and reason.
    pub ledger: BTreeMap<(PostId, i64, Reason), u64>,
    /// Viewers whom a post has not had before.
    pub new_viewers: BTreeMap<PostId, i64>,
}

impl Rows {
    pub fn add_views(&mut self, post: PostId, hour: i64, views: u64) {
        if views > 0 {
            *self.hours.entry((post, hour)).or_default() += views;
        }
    }

    pub fn add_to_ledger(&mut self, entry: LedgerEntry) {
        if entry.count > 0 {
            let key = (entry.post, entry.day, entry.reason);
            *self.ledger.entry(key).or_default() += entry.count;
        }
    }
}
