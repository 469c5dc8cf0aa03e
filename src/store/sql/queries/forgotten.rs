//! Viewers who were forgotten on demand. Their events may still be on the channel, in a batch, or in a file that a later
//! start reads; applied, they would bring the name back.

use std::hash::Hasher;

use diesel::prelude::*;
use siphasher::sip::SipHasher24;

use super::backend::DbConnection;
use crate::model::TimestampMs;
use crate::store::error::StoreError;
use crate::store::sql::schema::forgotten_viewers;

/// Whether anybody was.
pub(in crate::store) fn any(connection: &mut DbConnection) -> Result<bool, StoreError> {
    Ok(forgotten_viewers::table
        .select(forgotten_viewers::name_hash)
        .limit(1)
        .get_result::<i64>(connection)
        .optional()?
        .is_some())
}

/// Notes that the viewer of a name is forgotten.
pub(super) fn note(
    connection: &mut DbConnection,
    name: &str,
    at: TimestampMs,
) -> Result<(), StoreError> {
    diesel::delete(forgotten_viewers::table.find(hash(name))).execute(connection)?;
    diesel::insert_into(forgotten_viewers::table)
        .values((
            forgotten_viewers::name_hash.eq(hash(name)),
            forgotten_viewers::at.eq(at.0),
        ))
        .execute(connection)?;
    Ok(())
}

/// Deletes notes from before a time, at most `most` of them.
pub(super) fn prune(
    connection: &mut DbConnection,
    before: TimestampMs,
    most: i64,
) -> Result<(), StoreError> {
    let old: Vec<i64> = forgotten_viewers::table
        .filter(forgotten_viewers::at.lt(before.0))
        .select(forgotten_viewers::name_hash)
        .limit(most)
        .load(connection)?;
    for hash in old {
        diesel::delete(forgotten_viewers::table.find(hash)).execute(connection)?;
    }
    Ok(())
}

/// Without a key: who has the database could try names with it as well.
pub(in crate::store) fn hash(name: &str) -> i64 {
    let mut hasher = SipHasher24::new();
    hasher.write(name.as_bytes());
    hasher.finish().cast_signed()
}
