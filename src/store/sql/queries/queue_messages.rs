//! Which messages of external queues are applied.

use std::collections::HashSet;

use diesel::prelude::*;

use super::backend::{self, DbConnection, batch::apply};
use crate::model::{Batch, DedupWindow, MessageId, QueuedBatch, TimestampMs};
use crate::sink::Delivered;
use crate::store::error::StoreError;
use crate::store::sql::schema::queue_messages;

/// Ids deleted in one step.
const STEP: i64 = 10_000;

/// Applies the batches whose ids are new, as one.
pub(super) fn apply_new(
    connection: &mut DbConnection,
    batches: &[QueuedBatch],
    window: DedupWindow,
) -> Result<Delivered, StoreError> {
    let ids: HashSet<Vec<u8>> = batches.iter().map(|queued| bytes(queued.id)).collect();
    let mut new: HashSet<Vec<u8>> = match ids.is_empty() {
        true => HashSet::new(),
        false => backend::insert_messages(connection, ids.into_iter().collect())?
            .into_iter()
            .collect(),
    };
    let mut delivered = Delivered::default();
    let mut merged = Batch::new(window);
    for queued in batches {
        // The same message may be here twice.
        match new.remove(&bytes(queued.id)) {
            true => merged.merge(queued.batch.clone()),
            false => delivered.repeated += 1,
        }
    }
    if !merged.is_empty() {
        delivered.result = apply(connection, &merged, window)?;
    }
    Ok(delivered)
}

/// Deletes some ids that were made longer ago than `age`. Returns whether there may be more.
pub(super) fn prune(connection: &mut DbConnection, age: i64) -> Result<bool, StoreError> {
    let now = backend::now(connection)?;
    let before = MessageId::first_at(TimestampMs(now.saturating_sub(age)));
    let below = queue_messages::id.lt(bytes(before));
    let last: Option<Vec<u8>> = queue_messages::table
        .filter(below.clone())
        .order(queue_messages::id)
        .offset(STEP)
        .select(queue_messages::id)
        .first(connection)
        .optional()?;
    match &last {
        Some(last) => {
            let step = queue_messages::table.filter(queue_messages::id.lt(last));
            diesel::delete(step).execute(connection)?;
        }
        None => {
            diesel::delete(queue_messages::table.filter(below)).execute(connection)?;
        }
    }
    Ok(last.is_some())
}

/// An id as it is stored: by its bytes it is ordered as by its time.
fn bytes(id: MessageId) -> Vec<u8> {
    id.0.to_be_bytes().to_vec()
}
