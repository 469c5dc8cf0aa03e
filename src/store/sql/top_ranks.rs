//! The posts with the most views since an hour, selected from hourly rows that come post by post.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::model::{PostId, Rank, SITE, TimestampMs};

/// The highest ranks so far.
pub struct TopRanks {
    since: i64,
    limit: usize,
    /// Of the post whose rows are coming.
    current: Rank,
    /// The lowest on top.
    heap: BinaryHeap<Reverse<Rank>>,
}

impl TopRanks {
    /// At most `limit` ranks, from rows of the hour `since` and later.
    pub fn new(since: TimestampMs, limit: usize) -> TopRanks {
        TopRanks {
            since: since.0,
            limit,
            current: Rank {
                views: 0,
                post: SITE,
            },
            heap: BinaryHeap::new(),
        }
    }

    /// Adds one row. All rows of a post follow each other.
    pub fn add(&mut self, post: PostId, hour: i64, views: i64) {
        if hour < self.since {
            return;
        }
        if post != self.current.post {
            self.finish_post();
            self.current = Rank { views: 0, post };
        }
        self.current.views = self.current.views.saturating_add(views);
    }

    fn finish_post(&mut self) {
        if self.current.views == 0 {
            return;
        }
        if self.heap.len() < self.limit {
            self.heap.push(Reverse(self.current));
        } else if let Some(mut lowest) = self.heap.peek_mut()
            && lowest.0 < self.current
        {
            *lowest = Reverse(self.current);
        }
    }

    /// The ranks, highest first.
    pub fn into_list(mut self) -> Vec<Rank> {
        self.finish_post();
        self.heap
            .into_sorted_vec()
            .into_iter()
            .map(|Reverse(rank)| rank)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_sums_win_and_ties_go_to_the_higher_id() {
        let mut ranks = TopRanks::new(TimestampMs(10), 2);
        for (post, hour, views) in [(1, 0, 99), (1, 10, 2), (2, 10, 1), (2, 20, 1), (3, 10, 1)] {
            ranks.add(post, hour, views);
        }
        let list: Vec<(PostId, i64)> = ranks
            .into_list()
            .iter()
            .map(|rank| (rank.post, rank.views))
            .collect();
        assert_eq!(list, [(2, 2), (1, 2)]);
    }
}
