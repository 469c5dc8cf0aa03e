//! The database behind one trait.
//!
//! Everything above speaks to [`Store`] or to the narrower [`ViewSink`]; which database it is, only this module
//! knows. A store never calls upwards: it knows the model and nothing else of the crate.

mod apply;
pub mod cache;
mod check;
mod connection;
mod corrections;
pub mod error;
mod export;
pub mod health;
mod history;
pub mod import;
mod lists;
pub mod logs;
mod posts;
mod prepared;
pub mod rankings;
mod restore;
mod schema;
pub mod spill;
mod sqlite;
mod trend;
pub mod url;
mod viewings;
mod views;

use std::sync::Arc;
use std::time::Duration;

pub use apply::SITE;
pub use cache::{CachedPost, CachedStore};
pub use check::Tell;
pub use error::StoreError;
pub use export::Take;
pub use health::SinkHealth;
pub use import::{Imported, Source};
pub use logs::{FoundPosts, ImportedLog, KnownLog, LogId, LogProgress};
pub use rankings::Rankings;
pub use url::StoreUrl;

use crate::model::{
    Batch, Cursor, DrainRecord, ListQuery, NumbersRow, Page, Post, PostContent, PostId, PostKey,
    PostStats, PostSummary, Rank, Record, Revision, TimestampMs, Uncounted, ViewedPost, Viewing,
    ViewingKey,
};

/// What a batch did.
#[derive(Clone, Debug, Default)]
pub struct BatchResult {
    /// What the posts that were viewed have now.
    pub totals: Vec<PostTotals>,
    /// Events that became views.
    pub counted: u64,
    /// Events that went to the ledger.
    pub uncounted: Uncounted,
    /// Whether another process has written to the database since the last batch, so that what is cached may be old.
    pub changed_elsewhere: bool,
}

/// A post's numbers after a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostTotals {
    /// The post.
    pub post: PostId,
    /// Its views.
    pub views: i64,
    /// Its viewers.
    pub viewers: i64,
}

/// What [`Store::rank`] found.
#[derive(Clone, Debug, Default)]
pub struct Ranked {
    /// For each hour that was asked, the posts with the most views since then, most first.
    pub lists: Vec<Vec<Rank>>,
    /// Hourly rows that were read: what it cost.
    pub rows: u64,
}

/// What the store decides by beyond the rows it holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// A viewer's repeat within so long of a counted view is a duplicate; zero for no such rule.
    pub dedup_window: Duration,
}

/// Where counters put their batches.
pub trait ViewSink: Send + Sync {
    /// Applies a batch in one transaction: all of it or nothing. Views of a post that is no longer there go to the
    /// ledger as dropped.
    ///
    /// # Errors
    /// Any error means that nothing was applied and the same batch may be tried again.
    fn apply(&self, batch: &Batch) -> Result<BatchResult, StoreError>;
}

/// Posts and their numbers, kept.
pub trait Store: ViewSink {
    /// A post, or `None` if there is none of that key.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or [`StoreError::Unavailable`], as with every method here.
    fn post(&self, key: PostKey<'_>) -> Result<Option<Post>, StoreError>;

    /// One page of posts, without bodies.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn list(&self, query: &ListQuery) -> Result<Page<PostSummary>, StoreError>;

    /// Adds a post.
    ///
    /// # Errors
    /// [`StoreError::SlugTaken`]; see [`Store::post`].
    fn create(&self, content: &PostContent) -> Result<Post, StoreError>;

    /// Replaces a post's content; its number and its counts stay.
    ///
    /// # Errors
    /// [`StoreError::NoSuchPost`], [`StoreError::SlugTaken`], and [`StoreError::Changed`] when `expected` is given
    /// and the post is not at one of these revisions.
    fn update(
        &self,
        id: PostId,
        content: &PostContent,
        expected: Option<&[Revision]>,
    ) -> Result<Post, StoreError>;

    /// Removes a post with its counts, history and ledger.
    ///
    /// # Errors
    /// [`StoreError::NoSuchPost`]; [`StoreError::Changed`] as for [`Store::update`].
    fn delete(&self, id: PostId, expected: Option<&[Revision]>) -> Result<(), StoreError>;

    /// Creates or updates the post that came from this source file. Its views stay.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn import(
        &self,
        source: &Source,
        content: &import::ImportContent,
        now: TimestampMs,
    ) -> Result<Imported, StoreError>;

    /// The numbers of the posts of these slugs; with `create`, each that is missing is made, empty and published at
    /// the time beside it.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn find_or_create(
        &self,
        slugs: &[(&str, TimestampMs)],
        create: bool,
    ) -> Result<FoundPosts, StoreError>;

    /// The imported logs whose first line has this hash, the shortest first.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn imported_logs(&self, head: &str) -> Result<Vec<ImportedLog>, StoreError>;

    /// Applies a batch and notes, in the same transaction, how far a log is imported with it.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the log is not known as the caller saw it, so that another process must be
    /// importing it; otherwise see [`ViewSink::apply`].
    fn import_batch(
        &self,
        batch: &Batch,
        progress: &LogProgress,
    ) -> Result<(BatchResult, LogId), StoreError>;

    /// Sets a post's numbers, those that are given, and keeps the correction with its reason. The caller tells the
    /// cache ([`CachedStore::edited`]).
    ///
    /// # Errors
    /// [`StoreError::NoSuchPost`]; see [`Store::post`].
    fn correct(
        &self,
        post: PostId,
        views: Option<i64>,
        viewers: Option<i64>,
        reason: &str,
        now: TimestampMs,
    ) -> Result<PostTotals, StoreError>;

    /// Tells everything in the store as of one moment, in one order, but for the salts of anonymous viewers.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn export(&self, take: Take<'_, Record>) -> Result<(), StoreError>;

    /// Tells every post's numbers as of one moment.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn numbers(&self, take: Take<'_, NumbersRow>) -> Result<(), StoreError>;

    /// Keeps everything an export told, all or nothing, in a store that holds nothing. Returns how many records.
    ///
    /// # Errors
    /// [`StoreError::Refused`]; see [`Store::post`].
    fn restore(&self, records: &mut dyn Iterator<Item = Record>) -> Result<u64, StoreError>;

    /// Recomputes what is kept as a sum and tells each difference; returns how many. With `repair` they are mended, all
    /// in one transaction.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn check(&self, repair: bool, tell: Tell<'_>) -> Result<u64, StoreError>;

    /// The numbers of a post, or `None` if there is none of that key.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn tally(&self, key: PostKey<'_>) -> Result<Option<(PostId, PostStats)>, StoreError>;

    /// The numbers of the whole site: all posts, and what belongs to none.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn site_stats(&self) -> Result<PostStats, StoreError>;

    /// The views of a post, or of the [`SITE`], by UTC hour, oldest first: from the hour `since` lies in, or from the
    /// first view on. Corrections belong to no hour.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn hours(
        &self,
        post: PostId,
        since: Option<TimestampMs>,
    ) -> Result<Vec<(i64, i64)>, StoreError>;

    /// The sum of [`Store::hours`].
    ///
    /// # Errors
    /// See [`Store::post`].
    fn views_since(&self, post: PostId, since: TimestampMs) -> Result<i64, StoreError>;

    /// The posts with the most views since each of some hours, most first, at most `limit` each. Reads every hourly
    /// row there is, once; `None` if `go_on` said no meanwhile.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn rank(
        &self,
        since: &[TimestampMs],
        limit: usize,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Ranked>, StoreError>;

    /// Those of `posts` that are there and pass the filters of `query`, in no particular order.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn summaries(
        &self,
        posts: &[PostId],
        query: &ListQuery,
    ) -> Result<Vec<PostSummary>, StoreError>;

    /// The viewers of a post, latest first.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn viewers_of(
        &self,
        post: PostId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<Viewing>, StoreError>;

    /// Whether and when a viewer saw a post.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn viewing(&self, post: PostId, viewer: ViewingKey<'_>) -> Result<Option<Viewing>, StoreError>;

    /// What a named viewer saw, latest first; `None` if nobody of that name saw anything.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn seen_by(
        &self,
        name: &str,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Option<Page<ViewedPost>>, StoreError>;

    /// Forgets a named viewer; the posts keep their numbers. Returns whether there was one.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn forget_viewer(&self, name: &str) -> Result<bool, StoreError>;

    /// Looks at some viewings after a key and removes those last seen before `before`, one short transaction. Returns
    /// where it stopped; `None` at the end. The posts keep their numbers.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn prune_viewings(
        &self,
        before: TimestampMs,
        after: (PostId, i64),
    ) -> Result<Option<(PostId, i64)>, StoreError>;

    /// The salt of a UTC day: the one kept, or `proposed`, which is kept from then on. Salts of days before `oldest`
    /// are deleted, beyond recovery.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn salt(
        &self,
        day: TimestampMs,
        proposed: [u8; 16],
        oldest: TimestampMs,
    ) -> Result<[u8; 16], StoreError>;

    /// Applies a spilled batch, unless it already was.
    ///
    /// # Errors
    /// See [`ViewSink::apply`].
    fn replay(
        &self,
        spill: &str,
        batch: &Batch,
        now: TimestampMs,
    ) -> Result<Option<BatchResult>, StoreError>;

    /// Keeps how a stop went.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn note_drain(&self, drain: &DrainRecord) -> Result<(), StoreError>;

    /// How the last stop went that could be noted.
    ///
    /// # Errors
    /// See [`Store::post`].
    fn last_drain(&self) -> Result<Option<DrainRecord>, StoreError>;

    /// Whether another process has written since this was last asked (by this or by [`ViewSink::apply`]).
    ///
    /// # Errors
    /// See [`Store::post`].
    fn changed_elsewhere(&self) -> Result<bool, StoreError>;
}

/// Opens the store at `url`, bringing its schema up to date.
///
/// # Errors
/// [`StoreError::Newer`] for a database of a later version; otherwise see [`Store::post`].
pub fn open(url: &StoreUrl, rules: Rules) -> Result<Arc<dyn Store>, StoreError> {
    match url {
        StoreUrl::Sqlite(location) => Ok(Arc::new(sqlite::SqliteStore::open(location, rules)?)),
    }
}
