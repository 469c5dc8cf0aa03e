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

/// What is set aside so far.
struct Noted {
    messages: i64,
    /// Of those that are kept.
    bytes: i64,
}

impl Noted {
    fn read(connection: &mut DbConnection) -> Result<Noted, StoreError> {
        let kept: Vec<i64> = queue_set_aside::table
            .filter(queue_set_aside::bytes.is_not_null())
            .select(queue_set_aside::length)
            .load(connection)?;
        Ok(Noted {
            messages: count(connection)?,
            bytes: kept.iter().sum(),
        })
    }

    fn has_room_for(&self, length: usize) -> bool {
        length <= MAX_KEPT && self.bytes.saturating_add(length as i64) <= MAX_KEPT_BYTES
    }
}

/// Notes what a delivery has that cannot be applied. Returns how many of them are new.
///
/// # Errors
/// [`StoreError::Unavailable`] when there is no room for what somebody may still make something of: it waits on the queue
/// until somebody has made room.
pub(super) fn insert(
    connection: &mut DbConnection,
    delivery: &Delivery,
) -> Result<u64, StoreError> {
    if delivery.rejected.is_empty() {
        return Ok(0);
    }
    let (now, mut noted) = (backend::now(connection)?, Noted::read(connection)?);
    let mut new = 0;
    for rejected in &delivery.rejected {
        let is_kept = noted.has_room_for(rejected.bytes.len());
        let is_full = noted.messages >= MAX_NOTED;
        if !rejected.is_garbage && (is_full || !is_kept) {
            return Err(StoreError::Unavailable(
                "so many messages of the queue are set aside that there is no room for more; decide about them with viewtally \
                 set-aside"
                    .to_owned(),
            ));
        }
        if is_full {
            // Of garbage one more says nothing new.
            new += 1;
        } else if insert_one(connection, delivery, rejected, is_kept, now)? {
            new += 1;
            noted.messages += 1;
            noted.bytes += rejected.bytes.len() as i64 * i64::from(is_kept);
        }
    }
    Ok(new)
}

/// Returns whether the message was not there before.
fn insert_one(
    connection: &mut DbConnection,
    delivery: &Delivery,
    rejected: &RejectedMessage,
    is_kept: bool,
    now: i64,
) -> Result<bool, StoreError> {
    let inserted = diesel::insert_into(queue_set_aside::table)
        .values((
            queue_set_aside::queue.eq(&delivery.queue),
            queue_set_aside::partition.eq(i64::from(delivery.partition)),
            queue_set_aside::position.eq(&rejected.position),
            queue_set_aside::at.eq(now),
            queue_set_aside::reason.eq(&rejected.reason),
            queue_set_aside::version.eq(rejected.version.map(i64::from)),
            queue_set_aside::length.eq(rejected.bytes.len() as i64),
            queue_set_aside::bytes.eq(is_kept.then_some(&rejected.bytes)),
        ))
        .on_conflict_do_nothing()
        .execute(connection)?;
    Ok(inserted > 0)
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
