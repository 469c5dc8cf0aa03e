//! Which posts had the most views since some hours.

use diesel::prelude::*;

use super::backend::DbConnection;
use crate::model::{PostId, SITE, TimestampMs};
use crate::store::error::StoreError;
use crate::store::sql::schema::hourly_views;
use crate::store::sql::top_ranks::TopRanks;
use crate::store::traits::Ranked;

/// Rows between two calls of `go_on`: some milliseconds. A request that ranks a small site reads no more of a large one.
const PIECE: i64 = 20_480;

/// One pass over the table in the order of its key. An index on the hour would save most of the reading, and every new
/// row that counting writes would pay for that index. The sums are made here and not by the database, which needs as
/// long for four sums over ten million rows (3.6 s) as reading them all out takes.
pub(super) fn rank(
    connection: &mut DbConnection,
    since: &[TimestampMs],
    limit: usize,
    go_on: &dyn Fn() -> bool,
) -> Result<Option<Ranked>, StoreError> {
    let mut tops: Vec<TopRanks> = since
        .iter()
        .map(|since| TopRanks::new(since.hour(), limit))
        .collect();
    let (mut rows, mut last) = (0, (SITE + 1, i64::MIN));
    loop {
        let (post, hour) = last;
        // A piece a query: what a server has been asked for it sends to the end, wanted or not.
        let piece: Vec<(PostId, i64, i64)> = hourly_views::table
            .filter(hourly_views::post.ge(post))
            .filter(hourly_views::post.gt(post).or(hourly_views::hour.gt(hour)))
            .order((hourly_views::post, hourly_views::hour))
            .limit(PIECE)
            .load(connection)?;
        for &(post, hour, views) in &piece {
            for top in &mut tops {
                top.add(post, hour, views);
            }
            last = (post, hour);
        }
        rows += piece.len() as u64;
        if (piece.len() as i64) < PIECE {
            break;
        }
        if !go_on() {
            return Ok(None);
        }
    }
    let lists = tops.into_iter().map(TopRanks::into_list).collect();
    Ok(Some(Ranked { lists, rows }))
}
