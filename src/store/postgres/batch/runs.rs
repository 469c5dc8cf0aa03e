//! The runs whose events a batch has, locked: all counters of a node commit events of one run.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::super::queries::journals::{CommittedRuns, encode};
use crate::model::{Journaled, Positions};
use crate::store::error::StoreError;
use crate::store::sql::schema::journals;

/// What is committed of these runs. Who else commits of them waits until this transaction ends, and this one has waited for
/// them.
///
/// # Errors
/// [`StoreError::Busy`] if the batch was committed meanwhile.
pub fn lock<'a>(
    connection: &mut PgConnection,
    journaled: &'a Journaled,
) -> Result<CommittedRuns<'a>, StoreError> {
    for part in journaled.parts() {
        // Sets a row that is there to what it is: that locks it.
        diesel::insert_into(journals::table)
            .values((
                journals::run.eq(part.run.0),
                journals::committed.eq(encode(&Positions::default())?),
                journals::dropped.eq(0),
                journals::closed.eq(0),
            ))
            .on_conflict(journals::run)
            .do_update()
            .set(journals::run.eq(excluded(journals::run)))
            .execute(connection)?;
    }
    let locked = CommittedRuns::read(connection, journaled)?;
    match locked.has_batch()? {
        true => Err(StoreError::Busy(
            "an earlier try has just committed the batch".to_owned(),
        )),
        false => Ok(locked),
    }
}
