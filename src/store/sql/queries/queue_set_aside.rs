//! Messages that could not be applied.

use diesel::prelude::*;

use super::backend::{self, DbConnection};
use crate::model::{Delivery, RejectedMessage, SetAside, TimestampMs};
use crate::store::error::StoreError;
use crate::store::sql::schema::queue_set_aside;

/// The longest message that is kept, in bytes.
const MAX_KEPT: usize = 4 << 20;

/// Bytes of all messages that are kept.
const MAX_KEPT_BYTES: i64 = 256 << 20;

/// Messages that are noted. Beyond that somebody sends nothing but these, and one more says nothing new.
const MAX_NOTED: i64 = 10_000;

/// Notes what a delivery has that cannot be applied. Returns how many of them are new.
pub(super) fn insert(
    connection: &mut DbConnection,
    delivery: &Delivery,
) -> Result<u64, StoreError> {
    let mut new = 0;
    for rejected in &delivery.rejected {
        new += insert_one(connection, delivery, rejected)?;
    }
    Ok(new)
}

fn insert_one(
    connection: &mut DbConnection,
    delivery: &Delivery,
    rejected: &RejectedMessage,
) -> Result<u64, StoreError> {
    let full = || {
        StoreError::Unavailable(
            "so many messages of the queue are set aside that there is no room for more; decide about them with viewtally \
             set-aside"
                .to_owned(),
        )
    };
    if count(connection)? >= MAX_NOTED {
        // Of garbage one more says nothing new. Views wait on the queue until somebody has made room.
        return match rejected.is_garbage {
            true => Ok(1),
            false => Err(full()),
        };
    }
    let kept: Vec<i64> = queue_set_aside::table
        .filter(queue_set_aside::bytes.is_not_null())
        .select(queue_set_aside::length)
        .load(connection)?;
    let kept: i64 = kept.iter().sum();
    let length = rejected.bytes.len();
    let has_room = length <= MAX_KEPT && kept.saturating_add(length as i64) <= MAX_KEPT_BYTES;
    if !has_room && !rejected.is_garbage {
        return Err(full());
    }
    let now = backend::now(connection)?;
    let inserted = diesel::insert_into(queue_set_aside::table)
        .values((
            queue_set_aside::queue.eq(&delivery.queue),
            queue_set_aside::partition.eq(i64::from(delivery.partition)),
            queue_set_aside::position.eq(&rejected.position),
            queue_set_aside::at.eq(now),
            queue_set_aside::reason.eq(&rejected.reason),
            queue_set_aside::version.eq(rejected.version.map(i64::from)),
            queue_set_aside::length.eq(length as i64),
            queue_set_aside::bytes.eq(has_room.then_some(&rejected.bytes)),
        ))
        .on_conflict_do_nothing()
        .execute(connection)?;
    Ok(inserted as u64)
}

/// A row, but for the message itself.
type Row = (
    i64,
    String,
    i64,
    String,
    i64,
    String,
    Option<i64>,
    i64,
    bool,
);

/// What was set aside, oldest first, after a number.
pub(super) fn list(
    connection: &mut DbConnection,
    after: i64,
    limit: usize,
) -> Result<Vec<SetAside>, StoreError> {
    let rows: Vec<Row> = queue_set_aside::table
        .filter(queue_set_aside::id.gt(after))
        .order(queue_set_aside::id)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select((
            queue_set_aside::id,
            queue_set_aside::queue,
            queue_set_aside::partition,
            queue_set_aside::position,
            queue_set_aside::at,
            queue_set_aside::reason,
            queue_set_aside::version,
            queue_set_aside::length,
            queue_set_aside::bytes.is_not_null(),
        ))
        .load(connection)?;
    let message =
        |(id, queue, partition, position, at, reason, version, length, is_kept): Row| SetAside {
            id,
            queue,
            partition: u32::try_from(partition).unwrap_or(0),
            position,
            at: TimestampMs(at),
            reason,
            version: version.and_then(|version| u32::try_from(version).ok()),
            length,
            is_kept,
        };
    Ok(rows.into_iter().map(message).collect())
}

/// How many messages are set aside.
pub(super) fn count(connection: &mut DbConnection) -> Result<i64, StoreError> {
    Ok(queue_set_aside::table.count().get_result(connection)?)
}

/// A message, if it is kept.
pub(super) fn bytes(connection: &mut DbConnection, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
    let found: Option<Option<Vec<u8>>> = queue_set_aside::table
        .find(id)
        .select(queue_set_aside::bytes)
        .first(connection)
        .optional()?;
    Ok(found.flatten())
}

/// Forgets a message. Returns whether there was one.
pub(super) fn delete(connection: &mut DbConnection, id: i64) -> Result<bool, StoreError> {
    let deleted = diesel::delete(queue_set_aside::table.find(id)).execute(connection)?;
    Ok(deleted > 0)
}
