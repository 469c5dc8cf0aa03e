//! Statistics: what was counted, when, and what was not.

use std::num::NonZeroI64;
use std::ops::Range;

use super::super::error::StoreError;
use crate::model::{
    Correction, CorrectionId, Cursor, HourRange, Page, PostId, PostKey, PostRef, PostStats, Rank,
    ReferrerViews, TimestampMs,
};
use crate::sink::PostTotals;

/// The largest number that may be set by hand or brought from elsewhere. Sums over nine million posts that all have it
/// are 64-bit numbers still.
pub const MAX_NUMBER: i64 = 1_000_000_000_000;

/// The answer of [`StatsStore::rank`].
#[derive(Clone, Debug, Default)]
pub struct Ranked {
    /// For each hour asked for, the posts with the most views since then, most first.
    pub lists: Vec<Vec<Rank>>,
    /// Hourly rows read, a measure of the cost.
    pub rows: u64,
}

/// The numbers of posts and of the site.
pub trait StatsStore: Send + Sync {
    /// The numbers of a post, or `None` if there is none of that key.
    ///
    /// # Errors
    /// Those of every method.
    fn tally(&self, key: PostKey<'_>) -> Result<Option<(PostRef, PostStats)>, StoreError>;

    /// Adds views to the hosts that they came from, of their posts and of the [site](crate::model::SITE). Of a post and
    /// day only so many hosts are kept by name; the others have an empty one.
    ///
    /// # Errors
    /// Those of every method; then nothing was added.
    fn add_referrers(&self, rows: &[ReferrerViews]) -> Result<(), StoreError>;

    /// The hosts from which a post, or the [site](crate::model::SITE), was viewed on the days of a time, most views
    /// first.
    ///
    /// # Errors
    /// Those of every method.
    fn referrers(
        &self,
        post: PostId,
        time: Range<TimestampMs>,
        limit: usize,
    ) -> Result<Vec<(String, i64)>, StoreError>;

    /// How many posts there are.
    ///
    /// # Errors
    /// Those of every method.
    fn post_count(&self) -> Result<i64, StoreError>;

    /// The numbers of the whole site: those of all posts, and the ledger entries that belong to none.
    ///
    /// # Errors
    /// Those of every method.
    fn site_stats(&self) -> Result<PostStats, StoreError>;

    /// The views of a post, or of the [site](crate::model::SITE), by UTC hour, oldest first: from the hour of `since`,
    /// or from the first view on. Corrections belong to no hour.
    ///
    /// # Errors
    /// Those of every method.
    fn hours(
        &self,
        post: PostId,
        since: Option<TimestampMs>,
    ) -> Result<Vec<(i64, i64)>, StoreError>;

    /// The sum of [`StatsStore::hours`].
    ///
    /// # Errors
    /// Those of every method.
    fn views_since(&self, post: PostId, since: TimestampMs) -> Result<i64, StoreError>;

    /// The same of some posts. Those without views are left out.
    ///
    /// # Errors
    /// Those of every method.
    fn views_of(
        &self,
        posts: &[PostId],
        since: TimestampMs,
    ) -> Result<Vec<(PostId, i64)>, StoreError>;

    /// As [`StatsStore::hours`], of the hours that begin in `time`.
    ///
    /// # Errors
    /// Those of every method.
    fn hours_between(
        &self,
        post: PostId,
        time: Range<TimestampMs>,
    ) -> Result<Vec<(i64, i64)>, StoreError>;

    /// The sum of [`StatsStore::hours_between`].
    ///
    /// # Errors
    /// Those of every method.
    fn views_between(&self, post: PostId, time: Range<TimestampMs>) -> Result<i64, StoreError>;

    /// The first hour in which a post, or the [site](crate::model::SITE), has views.
    ///
    /// # Errors
    /// Those of every method.
    fn first_hour(&self, post: PostId) -> Result<Option<TimestampMs>, StoreError>;

    /// The views of some posts in `time`, cut into steps of so many milliseconds: the post, the number of the step, its
    /// views. Steps without views are left out. Reads the hours of these posts and no others.
    ///
    /// # Errors
    /// Those of every method.
    fn views_by_step(
        &self,
        posts: &[PostId],
        time: Range<TimestampMs>,
        step: NonZeroI64,
    ) -> Result<Vec<(PostId, i64, i64)>, StoreError>;

    /// The posts with the most views since each of some hours, most first, at most `limit` each. Reads every hourly
    /// row once. `None` if `go_on` answers false meanwhile.
    ///
    /// # Errors
    /// Those of every method.
    fn rank(
        &self,
        since: &[TimestampMs],
        limit: usize,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Ranked>, StoreError>;

    /// The corrections of a post, latest first, at most `limit` of those that follow `after`.
    ///
    /// # Errors
    /// Those of every method.
    fn corrections(
        &self,
        post: PostId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<Correction>, StoreError>;

    /// Sets those of a post's numbers that are given, up to [`MAX_NUMBER`], and stores the correction with its reason.
    /// The caller invalidates the cached post.
    ///
    /// # Errors
    /// [`StoreError::NoSuchPost`].
    fn correct(
        &self,
        post: PostId,
        views: Option<i64>,
        viewers: Option<i64>,
        reason: &str,
        now: TimestampMs,
    ) -> Result<PostTotals, StoreError>;

    /// A correction of a post.
    ///
    /// # Errors
    /// Those of every method.
    fn correction(&self, post: PostId, id: CorrectionId) -> Result<Option<Correction>, StoreError>;

    /// Takes the views of some hours out of a post's, and of the site's, so that they can be put back. Its viewers stay: who
    /// has seen the post is still known. What is counted for these hours from now on counts as ever. `None` where there was
    /// no view. The caller invalidates the cached post.
    ///
    /// # Errors
    /// [`StoreError::NoSuchPost`]; [`StoreError::BelowZero`].
    fn take_out(
        &self,
        post: PostId,
        hours: HourRange,
        reason: &str,
        now: TimestampMs,
    ) -> Result<Option<Correction>, StoreError>;

    /// Puts back what a correction has taken out; done already, it changes nothing. Returns the correction that did it, or
    /// `None` where the post has none of that number that took hours out. The caller invalidates the cached post.
    ///
    /// # Errors
    /// Those of every method.
    fn take_back(
        &self,
        post: PostId,
        id: CorrectionId,
        now: TimestampMs,
    ) -> Result<Option<Correction>, StoreError>;
}
