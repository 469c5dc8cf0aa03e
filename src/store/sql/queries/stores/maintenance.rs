//! Maintenance.

use super::super::backend::DbStore;
use super::super::{
    applied_batches, deleted_posts, drains, integrity, repair, salts, spills, viewer_removal,
};
use crate::model::{Batch, Checked, DrainRecord, Inconsistency, PostId, TimestampMs};
use crate::sink::BatchResult;
use crate::store::error::StoreError;
use crate::store::row_sink::RowSink;
use crate::store::traits::{ChangedElsewhere, MaintenanceStore};

/// Rows read in one step of pruning: a few milliseconds, so that no batch waits longer.
const PRUNE_STEP: usize = 2000;

impl MaintenanceStore for DbStore {
    fn check(
        &self,
        repair: bool,
        findings: RowSink<'_, Inconsistency>,
    ) -> Result<Checked, StoreError> {
        if repair {
            return self.transact(|connection| repair::repair(connection, findings));
        }
        let found = self.read_all_at_once(|connection| integrity::check(connection, findings))?;
        Ok(Checked { found, left: found })
    }

    fn prune_viewings(
        &self,
        before: TimestampMs,
        after: (PostId, i64),
    ) -> Result<Option<(PostId, i64)>, StoreError> {
        self.transact_unseen(|connection| {
            viewer_removal::prune(connection, before, after, PRUNE_STEP)
        })
    }

    fn prune_names(&self, before: TimestampMs, after: i64) -> Result<Option<i64>, StoreError> {
        self.transact_unseen(|connection| {
            applied_batches::prune(connection, before)?;
            viewer_removal::prune_names(connection, before, after, PRUNE_STEP)
        })
    }

    fn purge_deleted(&self, before: TimestampMs) -> Result<bool, StoreError> {
        self.transact_unseen(|connection| deleted_posts::purge_one(connection, before))
    }

    fn salt(
        &self,
        day: TimestampMs,
        proposed: [u8; 16],
        oldest: TimestampMs,
    ) -> Result<[u8; 16], StoreError> {
        self.erase(|connection| {
            let deleted = salts::delete_before(connection, oldest)?;
            Ok((salts::get_or_insert(connection, day, proposed)?, deleted))
        })
    }

    fn replay(
        &self,
        spill: &str,
        batch: &Batch,
        now: TimestampMs,
    ) -> Result<Option<BatchResult>, StoreError> {
        self.transact(|connection| spills::replay(connection, spill, batch, self.window(), now))
    }

    fn note_drain(&self, drain: &DrainRecord) -> Result<(), StoreError> {
        self.transact_unseen(|connection| drains::insert(connection, drain))
    }

    fn last_drain(&self) -> Result<Option<DrainRecord>, StoreError> {
        self.read(drains::last)
    }

    fn changed_elsewhere(&self) -> Result<ChangedElsewhere, StoreError> {
        self.poll_changed_elsewhere()
    }

    fn maintains(&self) -> Result<bool, StoreError> {
        DbStore::maintains(self)
    }
}
