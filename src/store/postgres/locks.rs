//! Who may write beside whom, on however many nodes.
//!
//! Batches write side by side: each locks the rows of its posts in the order of their ids, so that two cannot wait for each
//! other. Everything else that writes (edits, corrections, imports, pruning) is rare and may touch any row, so it runs
//! alone: no batch and no other write beside it. Both are one advisory lock
//! (postgresql.org/docs/current/explicit-locking.html, section 13.3.5), shared or not, that PostgreSQL grants in the order of
//! asking and takes back when a transaction ends, however it ends. Reads take none.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::store::error::StoreError;

/// The number of the lock of writes. Locks are per database; another program's would have to hit it by chance.
const WRITES: i64 = 0x7669_6577_7461_0001;

/// The number of the lock under which a node brings the schema up to date.
const SCHEMA: i64 = 0x7669_6577_7461_0002;

/// The number of the lock of the node that does what one node is enough for.
const MAINTENANCE: i64 = 0x7669_6577_7461_0003;

/// The number of the lock under which the partitions of queues are shared.
const PARTITIONS: i64 = 0x7669_6577_7461_0004;

/// Lets only other batches write until the transaction ends.
pub fn share(connection: &mut PgConnection) -> Result<(), StoreError> {
    lock(
        connection,
        &format!("pg_advisory_xact_lock_shared({WRITES})"),
    )
}

/// Lets nobody else write until the transaction ends.
pub fn hold_alone(connection: &mut PgConnection) -> Result<(), StoreError> {
    lock(connection, &format!("pg_advisory_xact_lock({WRITES})"))
}

/// Lets no other node share partitions until the transaction ends. Taken after [`share`], never before.
pub fn hold_partitions(connection: &mut PgConnection) -> Result<(), StoreError> {
    lock(connection, &format!("pg_advisory_xact_lock({PARTITIONS})"))
}

/// Lets no other node change the schema until the connection is closed or [`release_schema`] is called.
pub fn hold_schema(connection: &mut PgConnection) -> Result<(), StoreError> {
    lock(connection, &format!("pg_advisory_lock({SCHEMA})"))
}

/// See [`hold_schema`].
pub fn release_schema(connection: &mut PgConnection) -> Result<(), StoreError> {
    lock(connection, &format!("pg_advisory_unlock({SCHEMA})"))
}

/// Whether this connection's node does the maintenance: the first that asks, until its connection ends.
pub fn maintains(connection: &mut PgConnection) -> Result<bool, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        held: bool,
    }
    let query = format!("SELECT pg_try_advisory_lock({MAINTENANCE}) AS held");
    let row: Row = diesel::sql_query(query).get_result(connection)?;
    Ok(row.held)
}

fn lock(connection: &mut PgConnection, call: &str) -> Result<(), StoreError> {
    Ok(connection.batch_execute(&format!("SELECT {call}"))?)
}
