//! The hosts that readers come from. So many of them a post and day are kept by name: anybody can make some up.

use std::collections::BTreeMap;
use std::ops::Range;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::backend::DbConnection;
use crate::model::{PostId, ReferrerViews, TimestampMs};
use crate::store::error::StoreError;
use crate::store::sql::columns::sum_text;
use crate::store::sql::schema::referrers;
use crate::store::traits::SITE;

/// Hosts of a post and day.
const MOST: i64 = 50;
/// Hosts of the site and a day.
const MOST_OF_SITE: i64 = 500;

/// Adds views to their posts and to the site.
pub(super) fn add(connection: &mut DbConnection, rows: &[ReferrerViews]) -> Result<(), StoreError> {
    let mut of_site: BTreeMap<(i64, &str), i64> = BTreeMap::new();
    for row in rows {
        add_one(connection, (row.post, MOST), row.day, &row.host, row.views)?;
        *of_site.entry((row.day, &row.host)).or_default() += row.views;
    }
    for ((day, host), views) in of_site {
        add_one(connection, (SITE, MOST_OF_SITE), day, host, views)?;
    }
    Ok(())
}

fn add_one(
    connection: &mut DbConnection,
    (post, most): (PostId, i64),
    day: i64,
    host: &str,
    views: i64,
) -> Result<(), StoreError> {
    let of_day = || {
        referrers::table
            .filter(referrers::post.eq(post))
            .filter(referrers::day.eq(day))
    };
    let added = diesel::update(of_day().filter(referrers::host.eq(host)))
        .set(referrers::views.eq(referrers::views + views))
        .execute(connection)?;
    if added > 0 {
        return Ok(());
    }
    let hosts: i64 = of_day().count().get_result(connection)?;
    let host = if hosts < most { host } else { "" };
    diesel::insert_into(referrers::table)
        .values((
            referrers::post.eq(post),
            referrers::day.eq(day),
            referrers::host.eq(host),
            referrers::views.eq(views),
        ))
        .on_conflict((referrers::post, referrers::day, referrers::host))
        .do_update()
        .set(referrers::views.eq(referrers::views + views))
        .execute(connection)?;
    Ok(())
}

#[derive(QueryableByName)]
struct HostViews {
    #[diesel(sql_type = Text)]
    host: String,
    #[diesel(sql_type = BigInt)]
    views: i64,
}

/// The hosts of a post, or of the site, on the days of a time, most views first.
pub(super) fn top(
    connection: &mut DbConnection,
    post: PostId,
    time: Range<TimestampMs>,
    limit: usize,
) -> Result<Vec<(String, i64)>, StoreError> {
    let (first, end, views) = (time.start.day().0, time.end.0, sum_text("views"));
    let rows: Vec<HostViews> = diesel::sql_query(format!(
        "SELECT host, {views} AS views FROM referrers WHERE post = {post} AND day >= {first} AND day < {end} \
         GROUP BY host ORDER BY 2 DESC, 1 LIMIT {limit}"
    ))
    .load(connection)?;
    Ok(rows.into_iter().map(|row| (row.host, row.views)).collect())
}

/// Deletes those of a post.
pub(super) fn delete_post(connection: &mut DbConnection, post: PostId) -> Result<(), StoreError> {
    diesel::delete(referrers::table.filter(referrers::post.eq(post))).execute(connection)?;
    Ok(())
}
