//! Which events of journals are counted.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::backend::DbConnection;
use super::meta;
use crate::model::{JournalPart, Journaled, LedgerEntry, Overlap, Positions, Reason, RunId, SITE};
use crate::store::error::StoreError;
use crate::store::sql::schema::journals;

/// The row in `meta` that has the database's number.
const DATABASE_ID: &str = "database_id";

/// What is committed of the runs whose events a batch has, read once for the whole transaction.
pub(in crate::store) struct CommittedRuns<'a> {
    journaled: &'a Journaled,
    /// In the order of the batch's parts.
    rows: Vec<Row>,
}

/// A run's row.
#[derive(Default)]
struct Row {
    committed: Positions,
    /// How many dropped views of it are in the ledger.
    dropped: u64,
}

impl<'a> CommittedRuns<'a> {
    pub(in crate::store) fn read(
        connection: &mut DbConnection,
        journaled: &'a Journaled,
    ) -> Result<CommittedRuns<'a>, StoreError> {
        let parts = journaled.parts().iter();
        let rows = parts.map(|part| row(connection, part.run));
        Ok(CommittedRuns {
            journaled,
            rows: rows.collect::<Result<_, _>>()?,
        })
    }

    /// Whether the batch is committed: then its transaction's answer was lost.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if only a part of it is.
    pub(in crate::store) fn has_batch(&self) -> Result<bool, StoreError> {
        let committed = self.rows.iter().map(|row| &row.committed);
        match self.journaled.overlap(committed) {
            Overlap::Nothing => Ok(false),
            Overlap::All => Ok(true),
            Overlap::Some => Err(StoreError::Refused(
                "a part of a batch is counted already, and a part is not".to_owned(),
            )),
        }
    }

    /// What the journals had to drop and the ledger does not have yet: the caller adds it.
    pub(in crate::store) fn dropped(&self) -> impl Iterator<Item = LedgerEntry> {
        let parts = self.journaled.parts().iter().zip(&self.rows);
        parts.filter_map(|(part, row)| {
            let (total, day) = part.dropped?;
            Some(LedgerEntry {
                post: SITE,
                day,
                reason: Reason::Dropped,
                count: total.checked_sub(row.dropped).filter(|&new| new > 0)?,
            })
        })
    }

    /// Adds what the batch commits.
    pub(in crate::store) fn add_batch(
        self,
        connection: &mut DbConnection,
    ) -> Result<(), StoreError> {
        for (part, row) in self.journaled.parts().iter().zip(self.rows) {
            commit_part(connection, part, row)?;
        }
        Ok(())
    }
}

fn commit_part(
    connection: &mut DbConnection,
    part: &JournalPart,
    mut row: Row,
) -> Result<(), StoreError> {
    row.committed.extend(&part.positions);
    if let Some((total, _)) = part.dropped {
        row.dropped = row.dropped.max(total);
    }
    diesel::insert_into(journals::table)
        .values((
            journals::run.eq(part.run.0),
            journals::committed.eq(encode(&row.committed)?),
            journals::dropped.eq(row.dropped.cast_signed()),
            journals::closed.eq(0),
        ))
        .on_conflict(journals::run)
        .do_update()
        .set((
            journals::committed.eq(excluded(journals::committed)),
            journals::dropped.eq(excluded(journals::dropped)),
        ))
        .execute(connection)?;
    Ok(())
}

fn row(connection: &mut DbConnection, run: RunId) -> Result<Row, StoreError> {
    let row: Option<(Vec<u8>, i64)> = journals::table
        .find(run.0)
        .select((journals::committed, journals::dropped))
        .first(connection)
        .optional()?;
    let Some((committed, dropped)) = row else {
        return Ok(Row::default());
    };
    let committed = postcard::from_bytes(&committed)
        .map_err(|_| StoreError::Unavailable("its table of journals is damaged".to_owned()))?;
    Ok(Row {
        committed,
        dropped: dropped.cast_unsigned(),
    })
}

/// The committed positions of a run.
pub(super) fn committed(
    connection: &mut DbConnection,
    run: RunId,
) -> Result<Positions, StoreError> {
    Ok(row(connection, run)?.committed)
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
    let closed = (
        journals::committed.eq(encode(&all)?),
        journals::dropped.eq(i64::MAX),
        journals::closed.eq(1),
    );
    diesel::insert_into(journals::table)
        .values((journals::run.eq(run.0), closed.clone()))
        .on_conflict(journals::run)
        .do_update()
        .set(closed)
        .execute(connection)?;
    Ok(())
}

pub(in crate::store) fn encode(positions: &Positions) -> Result<Vec<u8>, StoreError> {
    postcard::to_stdvec(positions).map_err(|error| StoreError::Unavailable(error.to_string()))
}

/// The database's number: the stored one, or else `proposed`, which is stored.
pub(super) fn database_id(connection: &mut DbConnection, proposed: i64) -> Result<i64, StoreError> {
    let stored = meta::get_or_insert(connection, DATABASE_ID, &proposed.to_string())?;
    parse_id(&stored)
}

/// The database's number, if it has one.
pub(super) fn known_database_id(connection: &mut DbConnection) -> Result<Option<i64>, StoreError> {
    let stored = meta::get(connection, DATABASE_ID)?;
    stored.as_deref().map(parse_id).transpose()
}

fn parse_id(text: &str) -> Result<i64, StoreError> {
    let parsed = text.parse();
    parsed.map_err(|_| StoreError::Unavailable("its number in the table meta is none".to_owned()))
}
