//! What other nodes have changed, found by two short queries each half second, on a connection of its own.
//!
//! Batches mark the rows of `counts` with the number of their transaction. Transactions end in another order than they
//! begin in, so the mark to look from next is the lowest number that was still under way
//! (postgresql.org/docs/current/functions-info.html, `pg_snapshot_xmin`): no row is missed, and some are seen twice. Whatever
//! else is changed counts `writes.alone` on, and leaves there which post it was.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::connect::WatchedConnection;
use super::deadlines::Deadlines;
use super::location::PostgresLocation;
use super::locks;
use crate::model::PostId;
use crate::sink::PostTotals;
use crate::store::error::StoreError;
use crate::store::traits::ChangedElsewhere;

diesel::table! {
    edits (number) {
        number -> BigInt,
        post -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// What it reads of the shared schema's table, and the mark.
    counts (post) {
        post -> BigInt,
        views -> BigInt,
        viewers -> BigInt,
        changed -> BigInt,
    }
}

/// How long looking may take.
const POLL_LIMIT: Duration = Duration::from_secs(5);

/// Posts whose new numbers are read one by one; if more have changed, or it is not known which, nothing in memory is relied
/// on.
const MOST: i64 = 100_000;

/// For how many transactions that were alone it is kept which post each changed: an import of more than this in half a second
/// changes anything.
const KEPT: i64 = 1_000;

/// How far this node has looked.
pub struct Elsewhere {
    location: PostgresLocation,
    deadlines: Deadlines,
    /// Lives as long as it works: with it ends the lock by which this node does the maintenance.
    connection: Option<WatchedConnection>,
    maintains: bool,
    seen: Option<Position>,
}

struct Position {
    /// Rows of transactions from this one on are not seen.
    from: i64,
    /// The last transaction that was alone.
    alone: i64,
}

#[derive(QueryableByName)]
struct Now {
    #[diesel(sql_type = BigInt)]
    lowest: i64,
    #[diesel(sql_type = BigInt)]
    next: i64,
    #[diesel(sql_type = BigInt)]
    alone: i64,
}

impl Elsewhere {
    pub fn new(location: &PostgresLocation, deadlines: &Deadlines) -> Elsewhere {
        Elsewhere {
            location: location.clone(),
            deadlines: deadlines.clone(),
            connection: None,
            maintains: false,
            seen: None,
        }
    }

    /// Counts a transaction that is alone and changed this post, or any; returns its number. To be called in it.
    pub fn announce(
        connection: &mut PgConnection,
        post: Option<PostId>,
    ) -> Result<i64, StoreError> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            number: i64,
        }
        let counted = "WITH counted AS (UPDATE writes SET alone = alone + 1 RETURNING alone), \
             gone AS (DELETE FROM edits USING counted WHERE number <= alone - $2) \
             INSERT INTO edits (number, post) SELECT alone, $1 FROM counted RETURNING number";
        let counted: Row = diesel::sql_query(counted)
            .bind::<Nullable<BigInt>, _>(post)
            .bind::<BigInt, _>(KEPT)
            .get_result(connection)?;
        Ok(counted.number)
    }

    /// Notes a transaction of this node, whose caller knows what it has changed. If another node's came before it, that is
    /// still to be seen.
    pub fn own_change(&mut self, number: i64) {
        if let Some(seen) = &mut self.seen
            && seen.alone + 1 == number
        {
            seen.alone = number;
        }
    }

    /// What has changed since the last call. The first call finds that everything may have.
    pub fn poll(&mut self) -> Result<ChangedElsewhere, StoreError> {
        let changed = self.changes();
        if changed.is_err() {
            self.connection = None;
            self.maintains = false;
        }
        changed
    }

    /// Whether this node does what one node is enough for.
    pub fn maintains(&mut self) -> Result<bool, StoreError> {
        if !self.maintains {
            self.maintains = locks::maintains(self.connected()?)?;
        }
        Ok(self.maintains)
    }

    fn connected(&mut self) -> Result<&mut PgConnection, StoreError> {
        match &mut self.connection {
            Some(connection) => Ok(connection),
            none => {
                let connection = WatchedConnection::open(&self.location, &self.deadlines)?;
                connection.limit_statements(POLL_LIMIT);
                Ok(none.insert(connection))
            }
        }
    }

    fn changes(&mut self) -> Result<ChangedElsewhere, StoreError> {
        let query = "SELECT pg_snapshot_xmin(s)::text::bigint AS lowest, pg_snapshot_xmax(s)::text::bigint AS next, \
             (SELECT alone FROM writes) AS alone FROM pg_current_snapshot() s";
        let now: Now = diesel::sql_query(query).get_result(self.connected()?)?;
        let changed = match &self.seen {
            None => ChangedElsewhere::Everything,
            Some(seen) => {
                let (from, alone) = (seen.from, seen.alone);
                let changed_posts = self.changed_posts(alone, now.alone)?;
                match (changed_posts, self.numbers_since(from, now.next)?) {
                    (Some(changed_posts), Some(numbers)) if changed_posts.is_empty() => {
                        ChangedElsewhere::Numbers(numbers)
                    }
                    (Some(changed_posts), Some(numbers)) => {
                        ChangedElsewhere::Posts(changed_posts, numbers)
                    }
                    _ => ChangedElsewhere::Everything,
                }
            }
        };
        self.seen = Some(Position {
            from: now.lowest,
            alone: now.alone,
        });
        Ok(changed)
    }

    /// The posts that the transactions after `seen`, up to `now`, have changed; `None` where it is not known.
    fn changed_posts(&mut self, seen: i64, now: i64) -> Result<Option<Vec<PostId>>, StoreError> {
        if seen == now {
            return Ok(Some(Vec::new()));
        }
        let posts: Vec<Option<PostId>> = edits::table
            .filter(edits::number.gt(seen))
            .filter(edits::number.le(now))
            .select(edits::post)
            .load(self.connected()?)?;
        // Fewer where some are gone or were never there, or this database has lost what another had.
        let is_whole = i64::try_from(posts.len()).is_ok_and(|found| found == now - seen);
        Ok(match is_whole {
            true => posts.into_iter().collect(),
            false => None,
        })
    }

    /// The numbers of posts that transactions have written from this one on, unless they are many; `next` is one that has not
    /// begun.
    fn numbers_since(
        &mut self,
        from: i64,
        next: i64,
    ) -> Result<Option<Vec<PostTotals>>, StoreError> {
        // A number beyond all is of another server, from which this database was copied.
        let rows: Vec<(PostId, i64, i64)> = counts::table
            .filter(counts::changed.ge(from))
            .filter(counts::changed.lt(next + 1_000_000))
            .select((counts::post, counts::views, counts::viewers))
            .limit(MOST + 1)
            .load(self.connected()?)?;
        if rows.len() as i64 > MOST {
            return Ok(None);
        }
        let totals = rows.into_iter().map(|(post, views, viewers)| PostTotals {
            post,
            views,
            viewers,
        });
        Ok(Some(totals.collect()))
    }
}
