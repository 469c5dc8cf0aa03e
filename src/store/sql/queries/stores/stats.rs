//! Statistics.

use std::num::NonZeroI64;
use std::ops::Range;

use super::super::backend::DbStore;
use super::super::{corrections, hourly, posts, rank, referrers, site_numbers, stats};
use crate::model::{
    Correction, CorrectionId, Cursor, HourRange, Page, PostId, PostKey, PostRef, PostStats,
    ReferrerViews, TimestampMs,
};
use crate::sink::PostTotals;
use crate::store::error::StoreError;
use crate::store::traits::{Ranked, StatsStore};

impl StatsStore for DbStore {
    fn tally(&self, key: PostKey<'_>) -> Result<Option<(PostRef, PostStats)>, StoreError> {
        self.read_snapshot(|connection| stats::of_post(connection, key))
    }

    fn add_referrers(&self, rows: &[ReferrerViews]) -> Result<(), StoreError> {
        self.transact_unseen(|connection| referrers::add(connection, rows))
    }

    fn referrers(
        &self,
        post: PostId,
        time: Range<TimestampMs>,
        limit: usize,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        self.read(|connection| referrers::top(connection, post, time, limit))
    }

    fn post_count(&self) -> Result<i64, StoreError> {
        self.read_snapshot(posts::count)
    }

    fn site_stats(&self) -> Result<PostStats, StoreError> {
        self.read(site_numbers::read)
    }

    fn hours(
        &self,
        post: PostId,
        since: Option<TimestampMs>,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        self.read(|connection| hourly::hours(connection, post, since))
    }

    fn views_since(&self, post: PostId, since: TimestampMs) -> Result<i64, StoreError> {
        self.read(|connection| hourly::views_since(connection, post, since))
    }

    fn views_of(
        &self,
        posts: &[PostId],
        since: TimestampMs,
    ) -> Result<Vec<(PostId, i64)>, StoreError> {
        self.read(|connection| hourly::views_of(connection, posts, since))
    }

    fn hours_between(
        &self,
        post: PostId,
        time: Range<TimestampMs>,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        self.read(|connection| hourly::hours_between(connection, post, time))
    }

    fn views_between(&self, post: PostId, time: Range<TimestampMs>) -> Result<i64, StoreError> {
        self.read(|connection| hourly::views_between(connection, post, time))
    }

    fn first_hour(&self, post: PostId) -> Result<Option<TimestampMs>, StoreError> {
        self.read(|connection| hourly::first_hour(connection, post))
    }

    fn views_by_step(
        &self,
        posts: &[PostId],
        time: Range<TimestampMs>,
        step: NonZeroI64,
    ) -> Result<Vec<(PostId, i64, i64)>, StoreError> {
        self.read(|connection| hourly::views_by_step(connection, posts, time, step))
    }

    fn rank(
        &self,
        since: &[TimestampMs],
        limit: usize,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Ranked>, StoreError> {
        self.read_all(|connection| rank::rank(connection, since, limit, go_on))
    }

    fn corrections(
        &self,
        post: PostId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<Correction>, StoreError> {
        self.read_snapshot(|connection| corrections::of_post(connection, post, after, limit))
    }

    fn correct(
        &self,
        post: PostId,
        views: Option<i64>,
        viewers: Option<i64>,
        reason: &str,
        now: TimestampMs,
    ) -> Result<PostTotals, StoreError> {
        self.transact_on(
            |_| post,
            |connection| corrections::correct(connection, post, views, viewers, reason, now),
        )
    }

    fn correction(&self, post: PostId, id: CorrectionId) -> Result<Option<Correction>, StoreError> {
        self.read_snapshot(|connection| corrections::one(connection, post, id))
    }

    fn take_out(
        &self,
        post: PostId,
        hours: HourRange,
        reason: &str,
        now: TimestampMs,
    ) -> Result<Option<Correction>, StoreError> {
        self.transact_on(
            |_| post,
            |connection| corrections::take_out(connection, post, hours, reason, now),
        )
    }

    fn take_back(
        &self,
        post: PostId,
        id: CorrectionId,
        now: TimestampMs,
    ) -> Result<Option<Correction>, StoreError> {
        self.transact_on(
            |_| post,
            |connection| corrections::take_back(connection, post, id, now),
        )
    }
}
