//! Which events of journals are counted.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::backend::DbConnection;
use super::batch_writer::BatchWriter;
use crate::model::{JournalPart, Journaled, LedgerEntry, Positions, Reason, RunId};
use crate::store::error::StoreError;
use crate::store::sql::schema::{journals, meta};
use crate::store::traits::SITE;

/// The row in `meta` that has the database's number.
const DATABASE_ID: &str = "database_id";

/// Whether a batch is to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Applied {
    /// Nothing of it is committed.
    Not,
    /// All of it is committed already: its transaction's answer was lost.
    Already,
}

/// Looks whether a batch is committed, by the positions of its events.
///
/// # Errors
/// [`StoreError::Refused`] if only a part of it is: then neither way would be exact.
pub(super) fn applied(
    connection: &mut DbConnection,
    journaled: &Journaled,
) -> Result<Applied, StoreError> {
    let (mut new, mut known) = (0, 0);
    for part in journaled.parts() {
        let (committed, _) = row(connection, part.run)?;
        let fresh = part.positions.without(&committed).len();
        new += fresh;
        known += part.positions.len() - fresh;
    }
    match (new, known) {
        (_, 0) => Ok(Applied::Not),
        (0, _) => Ok(Applied::Already),
        _ => Err(StoreError::Refused(
            "a part of a batch is counted already, and a part is not".to_owned(),
        )),
    }
}

/// Notes what a batch commits, and puts what the journals had to drop into the ledger.
pub(super) fn commit(
    writer: &mut BatchWriter<'_, '_>,
    journaled: &Journaled,
) -> Result<(), StoreError> {
    for part in journaled.parts() {
        commit_part(writer, part)?;
    }
    Ok(())
}

fn commit_part(writer: &mut BatchWriter<'_, '_>, part: &JournalPart) -> Result<(), StoreError> {
    let (mut committed, dropped_before) = row(writer.connection, part.run)?;
    committed.extend(&part.positions);
    let mut dropped = dropped_before;
    if let Some((total, day)) = part.dropped
        && total > dropped_before
    {
        dropped = total;
        writer.add_to_ledger(LedgerEntry {
            post: SITE,
            day,
            reason: Reason::Dropped,
            count: total - dropped_before,
        })?;
    }
    let committed = encode(&committed)?;
    diesel::insert_into(journals::table)
        .values((
            journals::run.eq(part.run.0),
            journals::committed.eq(committed),
            journals::dropped.eq(dropped.cast_signed()),
            journals::closed.eq(0),
        ))
        .on_conflict(journals::run)
        .do_update()
        .set((
            journals::committed.eq(excluded(journals::committed)),
            journals::dropped.eq(excluded(journals::dropped)),
        ))
        .execute(writer.connection)?;
    Ok(())
}

/// The committed positions of a run, and how many dropped views of it are in the ledger.
fn row(connection: &mut DbConnection, run: RunId) -> Result<(Positions, u64), StoreError> {
    let row: Option<(Vec<u8>, i64)> = journals::table
        .find(run.0)
        .select((journals::committed, journals::dropped))
        .first(connection)
        .optional()?;
    let Some((committed, dropped)) = row else {
        return Ok((Positions::default(), 0));
    };
    let committed = postcard::from_bytes(&committed)
        .map_err(|_| StoreError::Unavailable("its table of journals is damaged".to_owned()))?;
    Ok((committed, dropped.cast_unsigned()))
}

/// The committed positions of a run.
pub(super) fn committed(
    connection: &mut DbConnection,
    run: RunId,
) -> Result<Positions, StoreError> {
    Ok(row(connection, run)?.0)
}

/// The runs of which something is committed, but for those that are closed.
pub(super) fn runs(connection: &mut DbConnection) -> Result<Vec<RunId>, StoreError> {
    let open = journals::table.filter(journals::closed.eq(0));
    let runs: Vec<i64> = open.select(journals::run).load(connection)?;
    Ok(runs.into_iter().map(RunId).collect())
}

/// Closes a run: all positions count as committed.
pub(super) fn close(connection: &mut DbConnection, run: RunId) -> Result<(), StoreError> {
    let mut all = Positions::default();
    all.insert(0..u64::MAX);
    let row = (
        journals::run.eq(run.0),
        journals::committed.eq(encode(&all)?),
        journals::dropped.eq(i64::MAX),
        journals::closed.eq(1),
    );
    diesel::replace_into(journals::table)
        .values(row)
        .execute(connection)?;
    Ok(())
}

fn encode(positions: &Positions) -> Result<Vec<u8>, StoreError> {
    postcard::to_stdvec(positions).map_err(|error| StoreError::Unavailable(error.to_string()))
}

/// The database's number: the stored one, or else `proposed`, which is stored.
pub(super) fn database_id(connection: &mut DbConnection, proposed: i64) -> Result<i64, StoreError> {
    let stored: String = diesel::insert_into(meta::table)
        .values((
            meta::key.eq(DATABASE_ID),
            meta::value.eq(proposed.to_string()),
        ))
        .on_conflict(meta::key)
        .do_update()
        .set(meta::key.eq(excluded(meta::key)))
        .returning(meta::value)
        .get_result(connection)?;
    parse_id(&stored)
}

/// The database's number, if it has one.
pub(super) fn known_database_id(connection: &mut DbConnection) -> Result<Option<i64>, StoreError> {
    let stored: Option<String> = meta::table
        .find(DATABASE_ID)
        .select(meta::value)
        .get_result(connection)
        .optional()?;
    stored.as_deref().map(parse_id).transpose()
}

fn parse_id(text: &str) -> Result<i64, StoreError> {
    let parsed = text.parse();
    parsed.map_err(|_| StoreError::Unavailable("its number in the table meta is none".to_owned()))
}
