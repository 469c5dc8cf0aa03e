//! Views by UTC hour: what a post or the site had when, and which posts had the most lately.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::error::StoreError;
use super::schema::hourly_views;
use super::traits::{Ranked, SITE};
use crate::model::{PostId, Rank, TimestampMs};

/// Rows between two looks at whether to go on: some hundredths of a second.
const STRETCH: u64 = 1 << 16;

pub(super) fn hours(
    connection: &mut SqliteConnection,
    post: PostId,
    since: Option<TimestampMs>,
) -> Result<Vec<(i64, i64)>, StoreError> {
    Ok(hourly_views::table
        .filter(hourly_views::post.eq(post))
        .filter(hourly_views::hour.ge(since.map_or(i64::MIN, |since| since.hour().0)))
        .order(hourly_views::hour)
        .select((hourly_views::hour, hourly_views::views))
        .load(connection)?)
}

pub(super) fn views_since(
    connection: &mut SqliteConnection,
    post: PostId,
    since: TimestampMs,
) -> Result<i64, StoreError> {
    Ok(hourly_views::table
        .filter(hourly_views::post.eq(post))
        .filter(hourly_views::hour.ge(since.hour().0))
        .select(sql::<BigInt>("COALESCE(SUM(views), 0)"))
        .get_result(connection)?)
}

/// See [`super::StatsStore::rank`]. One pass over the table in the order it lies in: an index on the hour would spare most
/// of it, and every new row written while counting would pay for that index. Summed here and not by the database, which
/// needs as long for four sums of ten million rows (3.6 s) as reading them all out takes.
pub(super) fn rank(
    connection: &mut SqliteConnection,
    since: &[TimestampMs],
    limit: usize,
    go_on: &dyn Fn() -> bool,
) -> Result<Option<Ranked>, StoreError> {
    let mut best: Vec<Best> = since
        .iter()
        .map(|since| Best::new(since.hour(), limit))
        .collect();
    let mut rows = 0;
    let hourly = hourly_views::table
        .filter(hourly_views::post.gt(SITE))
        .order((hourly_views::post, hourly_views::hour))
        .load_iter::<(PostId, i64, i64), DefaultLoadingMode>(connection)?;
    for row in hourly {
        let (post, hour, views) = row?;
        for best in &mut best {
            best.add(post, hour, views);
        }
        rows += 1;
        if rows % STRETCH == 0 && !go_on() {
            return Ok(None);
        }
    }
    let lists = best.into_iter().map(Best::into_list).collect();
    Ok(Some(Ranked { lists, rows }))
}

/// The highest ranks so far, from rows that come post by post.
struct Best {
    since: i64,
    limit: usize,
    /// Of the post whose rows are coming.
    rank: Rank,
    /// The lowest on top.
    heap: BinaryHeap<Reverse<Rank>>,
}

impl Best {
    fn new(since: TimestampMs, limit: usize) -> Best {
        Best {
            since: since.0,
            limit,
            rank: Rank {
                views: 0,
                post: SITE,
            },
            heap: BinaryHeap::new(),
        }
    }

    fn add(&mut self, post: PostId, hour: i64, views: i64) {
        if hour < self.since {
            return;
        }
        if post != self.rank.post {
            self.settle();
            self.rank = Rank { views: 0, post };
        }
        self.rank.views = self.rank.views.saturating_add(views);
    }

    fn settle(&mut self) {
        if self.rank.views == 0 {
            return;
        }
        if self.heap.len() < self.limit {
            self.heap.push(Reverse(self.rank));
        } else if let Some(mut lowest) = self.heap.peek_mut()
            && lowest.0 < self.rank
        {
            *lowest = Reverse(self.rank);
        }
    }

    fn into_list(mut self) -> Vec<Rank> {
        self.settle();
        self.heap
            .into_sorted_vec()
            .into_iter()
            .map(|Reverse(rank)| rank)
            .collect()
    }
}

/// Removes a post's hours, and its views from the site's, so that the site stays the sum of its posts.
pub(super) fn forget(connection: &mut SqliteConnection, post: PostId) -> Result<(), StoreError> {
    diesel::sql_query(
        "UPDATE hourly_views SET views = views - (SELECT own.views FROM hourly_views own \
         WHERE own.post = ? AND own.hour = hourly_views.hour) \
         WHERE post = 0 AND hour IN (SELECT hour FROM hourly_views WHERE post = ?)",
    )
    .bind::<BigInt, _>(post)
    .bind::<BigInt, _>(post)
    .execute(connection)?;
    let empty = hourly_views::table
        .filter(hourly_views::post.eq(SITE))
        .filter(hourly_views::views.le(0));
    diesel::delete(empty).execute(connection)?;
    diesel::delete(hourly_views::table.filter(hourly_views::post.eq(post))).execute(connection)?;
    Ok(())
}
