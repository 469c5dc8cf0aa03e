//! The hosts that readers come from. So many of them a post and day are kept by name: anybody can make some up.

use std::collections::BTreeMap;
use std::ops::Range;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::backend::DbConnection;
use crate::model::{PostId, ReferrerViews, SITE, TimestampMs};
use crate::store::error::StoreError;
use crate::store::sql::columns::sum_text;
use crate::store::sql::schema::{posts, referrers};

/// Hosts of a post and day.
const MOST: i64 = 50;
/// Hosts of the site and a day.
pub(super) const MOST_OF_SITE: i64 = 500;

/// Adds views to their posts and to the site. Posts may be gone since the views were noted.
pub(super) fn add(connection: &mut DbConnection, rows: &[ReferrerViews]) -> Result<(), StoreError> {
    let mut of_site: BTreeMap<(i64, &str), i64> = BTreeMap::new();
    let mut last: Option<(PostId, bool)> = None;
    for row in rows {
        let exists = match last {
            Some((post, exists)) if post == row.post => exists,
            _ => {
                posts::table
                    .find(row.post)
                    .count()
                    .get_result::<i64>(connection)?
                    > 0
            }
        };
        last = Some((row.post, exists));
        if !exists {
            continue;
        }
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
    add_to(connection, (post, day, host), views)
}

/// Adds views to a row, which is made where there is none.
pub(super) fn add_to(
    connection: &mut DbConnection,
    (post, day, host): (PostId, i64, &str),
    views: i64,
) -> Result<(), StoreError> {
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

/// Deletes those of a post, and takes them out of the site's, which stay the sum of the posts'.
pub(super) fn delete_post(connection: &mut DbConnection, post: PostId) -> Result<(), StoreError> {
    let own = || referrers::table.filter(referrers::post.eq(post));
    let days: Vec<i64> = own()
        .select(referrers::day)
        .distinct()
        .order(referrers::day)
        .load(connection)?;
    diesel::sql_query(format!(
        "INSERT INTO referrers (post, day, host, views) SELECT {SITE}, own.day, own.host, -own.views \
         FROM referrers own WHERE own.post = {post} \
         ON CONFLICT (post, day, host) DO UPDATE SET views = referrers.views + excluded.views"
    ))
    .execute(connection)?;
    for day in days {
        take_lacking(connection, day)?;
    }
    diesel::delete(own()).execute(connection)?;
    Ok(())
}

/// Takes what the site's hosts of a day lack out of others.
///
/// A host lacks views where the site has them without a name, or the post had them without one. From which hosts the latter
/// came is not known. They were beyond those that the post kept, which seldom are hosts of many views, so these go last.
fn take_lacking(connection: &mut DbConnection, day: i64) -> Result<(), StoreError> {
    let of_day = || {
        referrers::table
            .filter(referrers::post.eq(SITE))
            .filter(referrers::day.eq(day))
    };
    let mut hosts: Vec<(String, i64)> = of_day()
        .select((referrers::host, referrers::views))
        .load(connection)?;
    hosts.sort_unstable_by(|(a, less), (b, more)| {
        (!a.is_empty(), less, a).cmp(&(!b.is_empty(), more, b))
    });
    let lacks = |sum: i64, (_, views): &(String, i64)| sum.saturating_sub((*views).min(0));
    let mut lacking = hosts.iter().fold(0, lacks);
    for (host, views) in hosts {
        let taken = lacking.min(views);
        if taken > 0 {
            lacking -= taken;
            diesel::update(of_day().filter(referrers::host.eq(host)))
                .set(referrers::views.eq(views - taken))
                .execute(connection)?;
        }
    }
    diesel::delete(of_day().filter(referrers::views.le(0))).execute(connection)?;
    Ok(())
}
