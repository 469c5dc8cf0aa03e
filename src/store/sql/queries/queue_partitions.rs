//! Which node reads which partition of a queue, and up to where each is applied.
//!
//! A node that says nothing for three seconds is taken to be gone. Nothing depends on that being right: whoever reads a
//! partition has the number of its lease, and a transaction that stores a position under an earlier number fails. So two
//! nodes may read the same messages, and one of them applies them.

use diesel::prelude::*;

use super::backend::{self, DbConnection};
use crate::model::{Delivery, Lease};
use crate::store::error::StoreError;
use crate::store::sql::schema::{queue_nodes, queue_partitions};

/// How long a lease holds, in milliseconds.
const TTL: i64 = 3_000;

/// Shares the partitions among the nodes that are there. Returns those of `node`. Waits for nobody who applies messages: it
/// passes over partitions in use.
pub(super) fn share(
    connection: &mut DbConnection,
    queue: &str,
    node: i64,
    partitions: u32,
) -> Result<Vec<Lease>, StoreError> {
    backend::hold_partitions(connection)?;
    let now = backend::now(connection)?;
    let until = now.saturating_add(TTL);
    let gone = queue_nodes::table.filter(queue_nodes::queue.eq(queue));
    diesel::delete(gone.filter(queue_nodes::until.lt(now))).execute(connection)?;
    diesel::insert_into(queue_nodes::table)
        .values((
            queue_nodes::queue.eq(queue),
            queue_nodes::node.eq(node),
            queue_nodes::until.eq(until),
        ))
        .on_conflict((queue_nodes::queue, queue_nodes::node))
        .do_update()
        .set(queue_nodes::until.eq(until))
        .execute(connection)?;
    let living: Vec<i64> = queue_nodes::table
        .filter(queue_nodes::queue.eq(queue))
        .select(queue_nodes::node)
        .load(connection)?;
    let count = i64::from(partitions);
    add_missing(connection, queue, count)?;
    let rows: Vec<(i64, Option<i64>)> = queue_partitions::table
        .filter(queue_partitions::queue.eq(queue))
        .order(queue_partitions::partition)
        .select((queue_partitions::partition, queue_partitions::node))
        .load(connection)?;
    // A topic that was made anew may have fewer.
    let (rows, beyond): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|(number, _)| *number < count);
    let mine = |rows: &[(i64, Option<i64>)]| -> Vec<i64> {
        let mine = rows.iter().filter(|(_, reader)| *reader == Some(node));
        mine.map(|(number, _)| *number).collect()
    };
    let (held, ghosts) = (mine(&rows), mine(&beyond));
    let fair = rows.len().div_ceil(living.len().max(1));
    let too_many = held.get(fair..).unwrap_or_default().iter().chain(&ghosts);
    let given_back: Vec<i64> = too_many.copied().collect();
    set_reader(connection, queue, &given_back, None)?;
    let free = rows
        .iter()
        .filter(|(_, reader)| reader.is_none_or(|reader| !living.contains(&reader)));
    let free: Vec<i64> = free
        .map(|(number, _)| *number)
        .take(fair.saturating_sub(held.len()))
        .collect();
    set_reader(connection, queue, &free, Some(node))?;
    leases(connection, queue, node)
}

fn leases(connection: &mut DbConnection, queue: &str, node: i64) -> Result<Vec<Lease>, StoreError> {
    let rows: Vec<(i64, i64, Option<String>)> = queue_partitions::table
        .filter(queue_partitions::queue.eq(queue))
        .filter(queue_partitions::node.eq(node))
        .order(queue_partitions::partition)
        .select((
            queue_partitions::partition,
            queue_partitions::epoch,
            queue_partitions::position,
        ))
        .load(connection)?;
    let leases = rows.into_iter().filter_map(|(partition, epoch, position)| {
        Some(Lease {
            partition: u32::try_from(partition).ok()?,
            epoch,
            position,
        })
    });
    Ok(leases.collect())
}

/// Makes rows for partitions that have none.
fn add_missing(
    connection: &mut DbConnection,
    queue: &str,
    partitions: i64,
) -> Result<(), StoreError> {
    let known: i64 = queue_partitions::table
        .filter(queue_partitions::queue.eq(queue))
        .count()
        .get_result(connection)?;
    for partition in known..partitions {
        diesel::insert_into(queue_partitions::table)
            .values((
                queue_partitions::queue.eq(queue),
                queue_partitions::partition.eq(partition),
                queue_partitions::epoch.eq(0),
            ))
            .on_conflict_do_nothing()
            .execute(connection)?;
    }
    Ok(())
}

/// Gives partitions to a reader, or to nobody; but for those whose row somebody is using, which are asked for again a second
/// later.
fn set_reader(
    connection: &mut DbConnection,
    queue: &str,
    partitions: &[i64],
    reader: Option<i64>,
) -> Result<(), StoreError> {
    for partition in backend::lock_unused(connection, queue, partitions)? {
        let next = i64::from(reader.is_some());
        diesel::update(queue_partitions::table.find((queue, partition)))
            .set((
                queue_partitions::node.eq(reader),
                queue_partitions::epoch.eq(queue_partitions::epoch + next),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// Forgets a node, and lets others have what it reads.
pub(super) fn leave(
    connection: &mut DbConnection,
    queue: &str,
    node: i64,
) -> Result<(), StoreError> {
    backend::hold_partitions(connection)?;
    diesel::delete(queue_nodes::table.find((queue, node))).execute(connection)?;
    let mine = queue_partitions::table
        .filter(queue_partitions::queue.eq(queue))
        .filter(queue_partitions::node.eq(node));
    diesel::update(mine)
        .set(queue_partitions::node.eq(None::<i64>))
        .execute(connection)?;
    Ok(())
}

/// Stores the position of a delivery. Called first in its transaction: whoever else reads the partition waits here.
///
/// # Errors
/// [`StoreError::NotOurs`] when the lease has ended.
pub(super) fn advance(
    connection: &mut DbConnection,
    delivery: &Delivery,
) -> Result<(), StoreError> {
    let Some(epoch) = delivery.epoch else {
        return Ok(());
    };
    let row = queue_partitions::table
        .find((&delivery.queue, i64::from(delivery.partition)))
        .filter(queue_partitions::epoch.eq(epoch))
        .filter(queue_partitions::node.is_not_null());
    let changed = match &delivery.position {
        Some(position) => diesel::update(row)
            .set(queue_partitions::position.eq(position))
            .execute(connection)?,
        // Nothing but the lock.
        None => diesel::update(row)
            .set(queue_partitions::epoch.eq(epoch))
            .execute(connection)?,
    };
    match changed {
        0 => Err(StoreError::NotOurs),
        _ => Ok(()),
    }
}
