//! The hosts that readers come from: the site's against the posts', and all against what a host is.

use diesel::prelude::*;

use super::backend::{DbConnection, RowByRow};
use super::findings::{Finding, find};
use super::referrers::{MOST_OF_SITE, add_to};
use crate::model::{Inconsistency, PostId, SITE, TimestampMs, referrer_host};
use crate::store::error::StoreError;
use crate::store::sql::columns::sum_text;
use crate::store::sql::schema::referrers;

/// The days on which the site has more or fewer views from elsewhere than its posts, with both numbers. Which hosts have a name
/// is another matter: of a post, and of the site, so many.
fn days() -> String {
    let site = format!("(CASE WHEN post = {SITE} THEN views ELSE 0 END)");
    let posts = format!("(CASE WHEN post = {SITE} THEN 0 ELSE views END)");
    let difference = format!("(CASE WHEN post = {SITE} THEN views ELSE -views END)");
    format!(
        "SELECT day AS key, '' AS name, {} AS stored, {} AS summed \
         FROM referrers GROUP BY day HAVING {} <> 0 ORDER BY day",
        sum_text(&site),
        sum_text(&posts),
        sum_text(&difference)
    )
}

/// Tells of names that are no hosts, and of such days.
pub(super) fn check(
    connection: &mut DbConnection,
    found: &mut dyn FnMut(Inconsistency),
) -> Result<(), StoreError> {
    for (host, rows) in no_hosts(connection)? {
        found(Inconsistency::NoHost { host, rows });
    }
    find(connection, days(), found, |row| {
        Inconsistency::SiteReferrers {
            day: TimestampMs(row.key),
            is: row.stored,
            rows: row.summed,
        }
    })
}

/// Takes the names from what is no host, as from hosts of which there were too many.
pub(super) fn repair_hosts(connection: &mut DbConnection) -> Result<(), StoreError> {
    for (host, _) in no_hosts(connection)? {
        let of_host = || referrers::table.filter(referrers::host.eq(&host));
        let rows: Vec<(PostId, i64, i64)> = of_host()
            .select((referrers::post, referrers::day, referrers::views))
            .load(connection)?;
        for (post, day, views) in rows {
            add_to(connection, (post, day, ""), views)?;
        }
        diesel::delete(of_host()).execute(connection)?;
    }
    Ok(())
}

/// Sums the site's hosts of such days up again, those of most views by name.
pub(super) fn repair_site(connection: &mut DbConnection) -> Result<(), StoreError> {
    let wrong: Vec<Finding> = diesel::sql_query(days()).load(connection)?;
    if wrong.is_empty() {
        return Ok(());
    }
    let keys: Vec<String> = wrong.iter().map(|row| row.key.to_string()).collect();
    let in_days = format!("day IN ({})", keys.join(", "));
    diesel::sql_query(format!(
        "DELETE FROM referrers WHERE post = {SITE} AND {in_days}"
    ))
    .execute(connection)?;
    let views = sum_text("views");
    diesel::sql_query(format!(
        "INSERT INTO referrers (post, day, host, views) SELECT {SITE}, day, kept, {views} FROM \
         (SELECT day, views, CASE WHEN place <= {MOST_OF_SITE} THEN host ELSE '' END AS kept FROM \
         (SELECT day, host, views, ROW_NUMBER() OVER (PARTITION BY day \
         ORDER BY CASE WHEN host = '' THEN 1 ELSE 0 END, views DESC, host) AS place FROM \
         (SELECT day, host, {views} AS views FROM referrers WHERE {in_days} GROUP BY day, host) summed) placed) named \
         GROUP BY day, kept"
    ))
    .execute(connection)?;
    Ok(())
}

/// Names that are no hosts as they are kept, and how many rows each has.
fn no_hosts(connection: &mut DbConnection) -> Result<Vec<(String, i64)>, StoreError> {
    let hosts = referrers::table
        .filter(referrers::host.ne(""))
        .group_by(referrers::host)
        .order(referrers::host)
        .select((referrers::host, diesel::dsl::count_star()));
    let mut found = Vec::new();
    for row in hosts.load_iter::<(String, i64), RowByRow>(connection)? {
        let (host, rows) = row?;
        if referrer_host(&host).as_ref() != Some(&host) {
            found.push((host, rows));
        }
    }
    Ok(found)
}
