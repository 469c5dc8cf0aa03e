//! Maintenance: integrity, pruning, salts, and what a start and a stop need.

use super::super::error::StoreError;
use super::super::row_sink::RowSink;
use crate::model::{Batch, Checked, DrainRecord, Inconsistency, PostId, TimestampMs};
use crate::sink::{BatchResult, PostTotals};

/// What other processes have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangedElsewhere {
    /// The numbers of these posts at most, as they are now; this process's own batches may be among it.
    Numbers(Vec<PostTotals>),
    /// These posts, and numbers as above.
    Posts(Vec<PostId>, Vec<PostTotals>),
    /// It is not known what.
    Everything,
}

impl ChangedElsewhere {
    /// Nothing.
    pub const NOTHING: ChangedElsewhere = ChangedElsewhere::Numbers(Vec::new());
}

/// What runs beside the requests, at the start, at the stop, and in `check`.
pub trait MaintenanceStore: Send + Sync {
    /// Recomputes every stored sum, compares rows with each other, and writes what does not agree to `findings` until it
    /// breaks. With `repair` it is corrected, in one transaction, and what cannot be mended is written a second time, as
    /// [left](Inconsistency::Left).
    ///
    /// # Errors
    /// [`StoreError::Refused`] when a repair would leave what can be mended; then nothing is changed.
    fn check(
        &self,
        repair: bool,
        findings: RowSink<'_, Inconsistency>,
    ) -> Result<Checked, StoreError>;

    /// Reads some viewings after a key and deletes those last seen before `before`, in one short transaction. Returns
    /// the last key read, or `None` at the end. The posts keep their numbers.
    ///
    /// # Errors
    /// Those of every method.
    fn prune_viewings(
        &self,
        before: TimestampMs,
        after: (PostId, i64),
    ) -> Result<Option<(PostId, i64)>, StoreError>;

    /// Reads some names of viewers after an id and deletes those who have no viewings, in one short transaction; also some
    /// notes of viewers forgotten before `before`, who cannot come back any more. Returns the last id read, or `None` at
    /// the end.
    ///
    /// # Errors
    /// Those of every method.
    fn prune_names(&self, before: TimestampMs, after: i64) -> Result<Option<i64>, StoreError>;

    /// Removes one post that was deleted before `before` and could be brought back until now. Returns whether there was
    /// one.
    ///
    /// # Errors
    /// Those of every method.
    fn purge_deleted(&self, before: TimestampMs) -> Result<bool, StoreError>;

    /// The salt of a UTC day: the stored one, or else `proposed`, which is stored. Salts of days before `oldest` are
    /// deleted beyond recovery.
    ///
    /// # Errors
    /// Those of every method.
    fn salt(
        &self,
        day: TimestampMs,
        proposed: [u8; 16],
        oldest: TimestampMs,
    ) -> Result<[u8; 16], StoreError>;

    /// Applies a spilled batch, or returns `None` if the spill of that id is applied already.
    ///
    /// # Errors
    /// Any error means that nothing was applied and that the spill may be applied again.
    fn replay(
        &self,
        spill: &str,
        batch: &Batch,
        now: TimestampMs,
    ) -> Result<Option<BatchResult>, StoreError>;

    /// Records how a drain went.
    ///
    /// # Errors
    /// Those of every method.
    fn note_drain(&self, drain: &DrainRecord) -> Result<(), StoreError>;

    /// The latest recorded drain.
    ///
    /// # Errors
    /// Those of every method.
    fn last_drain(&self) -> Result<Option<DrainRecord>, StoreError>;

    /// What other processes have written to the database since the last call, or the last batch written.
    ///
    /// # Errors
    /// Those of every method.
    fn changed_elsewhere(&self) -> Result<ChangedElsewhere, StoreError>;

    /// Whether this process does what one of those that share the database is enough for, such as pruning.
    ///
    /// # Errors
    /// Those of every method.
    fn maintains(&self) -> Result<bool, StoreError>;
}
