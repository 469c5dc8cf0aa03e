//! Trends recomputed from the hours they are made of.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable};

use super::backend::{Db, DbConnection, RowByRow};
use crate::model::PostId;
use crate::store::error::StoreError;
use crate::store::sql::schema::{counts, hourly_views};
use crate::store::sql::trend;

/// How far a stored trend may be from what its hours say: a minute and a half of age. It is a sum of as many rounded
/// numbers as there were batches.
const TOLERANCE: f64 = 1e-3;

/// A stored trend that is not what its hours say.
pub(super) struct WrongTrend {
    pub(super) post: PostId,
    pub(super) is: f64,
    pub(super) hours: f64,
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Db))]
struct HourOfPost {
    #[diesel(sql_type = BigInt)]
    post: i64,
    #[diesel(sql_type = Double)]
    trend: f64,
    #[diesel(sql_type = Nullable<BigInt>)]
    hour: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    views: Option<i64>,
}

/// All trends that are not what their hours say. One pass over the hours, in the order of their key.
pub(super) fn wrong(connection: &mut DbConnection) -> Result<Vec<WrongTrend>, StoreError> {
    let query = diesel::sql_query(
        "SELECT c.post, c.trend, h.hour, h.views FROM counts c \
         LEFT JOIN hourly_views h ON h.post = c.post ORDER BY c.post, h.hour",
    );
    let mut wrong = Vec::new();
    let mut current: Option<WrongTrend> = None;
    let mut finish = |done: Option<WrongTrend>| {
        wrong.extend(done.filter(|done| {
            // Not the other way round: nothing compares with what is not a number.
            let right = (done.is - done.hours).abs() <= TOLERANCE;
            !right
        }));
    };
    for row in query.load_iter::<HourOfPost, RowByRow>(connection)? {
        let row = row?;
        if current
            .as_ref()
            .is_none_or(|current| current.post != row.post)
        {
            finish(current.take());
        }
        let current = current.get_or_insert(WrongTrend {
            post: row.post,
            is: row.trend,
            hours: 0.0,
        });
        if let Some((hour, views)) = row.hour.zip(row.views) {
            current.hours = trend::add(current.hours, u64::try_from(views).unwrap_or(0), hour);
        }
    }
    finish(current);
    Ok(wrong)
}

/// What the trend of a post is by its hours.
pub(super) fn of_post(connection: &mut DbConnection, post: PostId) -> Result<f64, StoreError> {
    let hours: Vec<(i64, i64)> = hourly_views::table
        .filter(hourly_views::post.eq(post))
        .order(hourly_views::hour)
        .select((hourly_views::hour, hourly_views::views))
        .load(connection)?;
    Ok(hours.into_iter().fold(0.0, |trend, (hour, views)| {
        trend::add(trend, u64::try_from(views).unwrap_or(0), hour)
    }))
}

/// The posts whose stored trend is not finite, with what it should be: text has no word for such a number.
pub(super) fn of_infinite(connection: &mut DbConnection) -> Result<Vec<(PostId, f64)>, StoreError> {
    let posts: Vec<PostId> = counts::table
        .filter(counts::trend.gt(f64::MAX).or(counts::trend.lt(f64::MIN)))
        .select(counts::post)
        .order(counts::post)
        .load(connection)?;
    posts
        .into_iter()
        .map(|post| Ok((post, of_post(connection, post)?)))
        .collect()
}

/// Makes the trend of a post what its hours say.
pub(super) fn recompute(connection: &mut DbConnection, post: PostId) -> Result<(), StoreError> {
    let trend = of_post(connection, post)?;
    set(connection, post, trend)
}

/// Sets the trend of a post.
pub(super) fn set(
    connection: &mut DbConnection,
    post: PostId,
    trend: f64,
) -> Result<(), StoreError> {
    diesel::update(counts::table.find(post))
        .set(counts::trend.eq(trend))
        .execute(connection)?;
    Ok(())
}
