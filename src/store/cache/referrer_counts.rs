//! Where readers came from since it was last written to the store. Apart from views, which may not be lost: what is written some
//! seconds later is gone when the process dies, and makes no view dearer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::{PostId, ReferrerViews};

/// Hosts of posts that are kept until they are written, at most. Of more, the host is not.
const MOST: usize = 20_000;

/// Numbers by post, day and host.
#[derive(Debug, Default)]
pub(super) struct ReferrerCounts(Mutex<HashMap<(PostId, i64, String), i64>>);

impl ReferrerCounts {
    /// Adds views.
    pub(super) fn add(&self, post: PostId, day: i64, host: String, views: i64) {
        let mut counts = self.lock();
        let is_full = counts.len() >= MOST;
        let key = (post, day, host);
        match counts.get_mut(&key) {
            Some(known) => *known += views,
            None if !is_full => {
                counts.insert(key, views);
            }
            // One entry a post and day, of posts that exist.
            None => *counts.entry((post, day, String::new())).or_default() += views,
        }
    }

    /// Takes all, in order.
    pub(super) fn take(&self) -> Vec<ReferrerViews> {
        let counts = std::mem::take(&mut *self.lock());
        let row = |((post, day, host), views)| ReferrerViews {
            post,
            day,
            host,
            views,
        };
        let mut rows: Vec<ReferrerViews> = counts.into_iter().map(row).collect();
        rows.sort_unstable();
        rows
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(PostId, i64, String), i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_bounded_and_no_view_is_lost() {
        let counts = ReferrerCounts::default();
        for number in 0..2 * MOST {
            counts.add(1, 0, format!("h{number}.example"), 1);
        }
        counts.add(1, 0, "h1.example".to_owned(), 4);
        let rows = counts.take();
        assert_eq!(rows.len(), MOST + 1);
        assert_eq!(
            rows.iter().map(|row| row.views).sum::<i64>(),
            2 * MOST as i64 + 4
        );
        assert!(counts.take().is_empty());
    }
}
