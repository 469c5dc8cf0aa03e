//! The numbers of a post: what was counted and what was not.

use diesel::prelude::*;

use super::backend::DbConnection;
use super::posts;
use crate::model::{PostKey, PostRef, PostStats, Reason, Uncounted};
use crate::store::error::StoreError;
use crate::store::sql::schema::{counts, ledger};

/// The numbers of a post.
pub(super) fn of_post(
    connection: &mut DbConnection,
    key: PostKey<'_>,
) -> Result<Option<(PostRef, PostStats)>, StoreError> {
    let Some(name) = posts::name_of(connection, key)? else {
        return Ok(None);
    };
    let id = name.id;
    let (views, viewers): (i64, i64) = counts::table
        .find(id)
        .select((counts::views, counts::viewers))
        .get_result(connection)?;
    let rows: Vec<(String, i64)> = ledger::table
        .filter(ledger::post.eq(id))
        .select((ledger::reason, ledger::count))
        .load(connection)?;
    let uncounted = sum_by_reason(rows);
    Ok(Some((
        name,
        PostStats {
            views,
            viewers,
            uncounted,
        },
    )))
}

fn sum_by_reason(rows: Vec<(String, i64)>) -> Uncounted {
    let mut uncounted = Uncounted::default();
    for (reason, count) in rows {
        if let Some(reason) = Reason::from_name(&reason) {
            uncounted.add(reason, u64::try_from(count).unwrap_or(0));
        }
    }
    uncounted
}
