//! The numbers of the whole site, stored: sums over all posts and the ledger, so that no read has to make them.
//!
//! Whatever changes `counts` or `ledger` changes these in the same transaction. Who knows what is added says so by [`add`];
//! anything else is done inside of [`following`], which compares the rows before and after; and where all rows may have
//! changed, [`recount`] makes the sums again.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::backend::{Db, DbConnection};
use crate::model::{Inconsistency, PostStats, Reason, Uncounted};
use crate::store::error::StoreError;
use crate::store::sql::columns::{sum_text, to_column};
use crate::store::sql::schema::site_numbers;
use crate::store::sql::statements::AddToSite;

const VIEWS: &str = "views";
const VIEWERS: &str = "viewers";

/// What the site's numbers are called in their table.
fn names() -> impl Iterator<Item = &'static str> {
    let reasons = Reason::ALL.iter().map(|reason| reason.name());
    [VIEWS, VIEWERS].into_iter().chain(reasons)
}

/// What is added to the site's numbers; less than none where something is taken away.
#[derive(Default)]
pub(in crate::store) struct Added {
    /// Views, corrections included.
    pub(in crate::store) views: i64,
    /// Viewers, summed over posts.
    pub(in crate::store) viewers: i64,
    /// Events in the ledger.
    pub(in crate::store) uncounted: Uncounted,
}

impl Added {
    /// What is added, by name.
    pub(in crate::store) fn numbers(&self) -> impl Iterator<Item = (&'static str, i64)> {
        let uncounted = |reason: Reason| (reason.name(), to_column(self.uncounted.get(reason)));
        [(VIEWS, self.views), (VIEWERS, self.viewers)]
            .into_iter()
            .chain(Reason::ALL.into_iter().map(uncounted))
    }
}

/// Numbers by name; one that is not there is 0.
struct Numbers(Vec<(String, i64)>);

impl Numbers {
    fn get(&self, name: &str) -> i64 {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or(0, |(_, number)| *number)
    }
}

/// The site's numbers.
pub(super) fn read(connection: &mut DbConnection) -> Result<PostStats, StoreError> {
    let stored = stored(connection)?;
    let mut uncounted = Uncounted::default();
    for reason in Reason::ALL {
        let number = stored.get(reason.name());
        uncounted.add(reason, u64::try_from(number).unwrap_or(0));
    }
    Ok(PostStats {
        views: stored.get(VIEWS),
        viewers: stored.get(VIEWERS),
        uncounted,
    })
}

/// Adds to the site's numbers what the caller adds to the rows they are sums of.
pub(in crate::store) fn add(
    connection: &mut DbConnection,
    added: &Added,
) -> Result<(), StoreError> {
    for (name, number) in added.numbers() {
        add_one(connection, name, number)?;
    }
    Ok(())
}

/// Does `work`, and adds what it changes in the numbers of `posts` to the site's. `posts` is a list of ids in SQL or a query
/// of them, of which `work` may not change what it gives; 0 stands for ledger entries that belong to no post. Not to be
/// used inside of itself for the same posts: their changes would be added twice.
///
/// # Errors
/// Those of `work`.
pub(super) fn following<T>(
    connection: &mut DbConnection,
    posts: &str,
    work: impl FnOnce(&mut DbConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let of_posts = format!("post IN ({posts})");
    let before = summed(connection, &of_posts)?;
    let answer = work(connection)?;
    let after = summed(connection, &of_posts)?;
    for name in names() {
        let added = after.get(name).saturating_sub(before.get(name));
        add_one(connection, name, added)?;
    }
    Ok(answer)
}

/// Makes the site's numbers the sums of all rows.
pub(super) fn recount(connection: &mut DbConnection) -> Result<(), StoreError> {
    let summed = summed(connection, "1 = 1")?;
    diesel::delete(site_numbers::table).execute(connection)?;
    for name in names() {
        add_one(connection, name, summed.get(name))?;
    }
    Ok(())
}

/// Tells of each number that is not the sum of its rows.
pub(super) fn check(
    connection: &mut DbConnection,
    found: &mut dyn FnMut(Inconsistency),
) -> Result<(), StoreError> {
    let stored = stored(connection)?;
    let summed = summed(connection, "1 = 1")?;
    for what in names() {
        let (is, rows) = (stored.get(what), summed.get(what));
        if is != rows {
            found(Inconsistency::Site { what, is, rows });
        }
    }
    Ok(())
}

fn stored(connection: &mut DbConnection) -> Result<Numbers, StoreError> {
    Ok(Numbers(site_numbers::table.load(connection)?))
}

/// The sums of the rows that fulfil a condition.
fn summed(connection: &mut DbConnection, condition: &str) -> Result<Numbers, StoreError> {
    #[derive(QueryableByName)]
    #[diesel(check_for_backend(Db))]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = BigInt)]
        number: i64,
    }
    let query = format!(
        "SELECT '{VIEWS}' AS name, {} AS number FROM counts WHERE {condition} \
         UNION ALL SELECT '{VIEWERS}', {} FROM counts WHERE {condition} \
         UNION ALL SELECT reason, {} FROM ledger WHERE {condition} GROUP BY reason",
        sum_text("views"),
        sum_text("viewers"),
        sum_text("count"),
    );
    let rows: Vec<Row> = diesel::sql_query(query).load(connection)?;
    let number = |row: Row| (row.name, row.number);
    Ok(Numbers(rows.into_iter().map(number).collect()))
}

fn add_one(
    connection: &mut DbConnection,
    name: &'static str,
    number: i64,
) -> Result<(), StoreError> {
    if number != 0 {
        AddToSite { name, number }.execute(connection)?;
    }
    Ok(())
}
