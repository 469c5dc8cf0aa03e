//! Who saw what.

use diesel::prelude::*;

use super::backend::DbConnection;
use super::live_posts::is_live;
use super::paging::{one_more, page};
use crate::model::{Cursor, Page, PostId, TimestampMs, ViewedPost, Viewing, ViewingKey};
use crate::store::error::StoreError;
use crate::store::sql::schema::{posts, viewers, viewings};

/// A viewer's id; `None` for an unknown name.
pub(super) fn viewer_id(
    connection: &mut DbConnection,
    key: ViewingKey<'_>,
) -> Result<Option<i64>, StoreError> {
    match key {
        ViewingKey::Anonymous(id) => Ok(Some(id)),
        ViewingKey::Named(name) => Ok(viewers::table
            .filter(viewers::name.eq(name))
            .select(viewers::id)
            .get_result(connection)
            .optional()?),
    }
}

type Row = (i64, Option<String>, i64, i64, i64);

fn viewing((id, name, first, last, views): Row) -> Viewing {
    Viewing {
        viewer: name.unwrap_or_else(|| ViewingKey::Anonymous(id).to_string()),
        first_viewed_at: TimestampMs(first),
        last_viewed_at: TimestampMs(last),
        views,
    }
}

/// The viewers of a post, latest first.
pub(super) fn of_post(
    connection: &mut DbConnection,
    post: PostId,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page<Viewing>, StoreError> {
    let mut query = viewings::table
        .left_join(viewers::table.on(viewers::id.eq(viewings::viewer)))
        .filter(viewings::post.eq(post))
        .select((
            viewings::viewer,
            viewers::name.nullable(),
            viewings::first,
            viewings::last,
            viewings::views,
        ))
        .order((viewings::last.desc(), viewings::viewer.desc()))
        .limit(one_more(limit))
        .into_boxed();
    if let Some(Cursor { key, id }) = after {
        query = query.filter(
            viewings::last
                .lt(key)
                .or(viewings::last.eq(key).and(viewings::viewer.lt(id))),
        );
    }
    let rows: Vec<Row> = query.load(connection)?;
    let place = |row: &Row| Cursor {
        key: row.3,
        id: row.0,
    };
    Ok(page(rows, limit, place, viewing))
}

/// Whether and when a viewer saw a post.
pub(super) fn one(
    connection: &mut DbConnection,
    post: PostId,
    key: ViewingKey<'_>,
) -> Result<Option<Viewing>, StoreError> {
    let Some(id) = viewer_id(connection, key)? else {
        return Ok(None);
    };
    let row: Option<(i64, i64, i64)> = viewings::table
        .find((post, id))
        .select((viewings::first, viewings::last, viewings::views))
        .get_result(connection)
        .optional()?;
    Ok(row.map(|(first, last, views)| viewing((id, Some(key.to_string()), first, last, views))))
}

/// The posts a named viewer saw, latest first.
pub(super) fn by_viewer(
    connection: &mut DbConnection,
    name: &str,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Option<Page<ViewedPost>>, StoreError> {
    let Some(id) = viewer_id(connection, ViewingKey::Named(name))? else {
        return Ok(None);
    };
    let mut query = viewings::table
        .inner_join(posts::table.on(posts::id.eq(viewings::post)))
        .filter(is_live())
        .filter(viewings::viewer.eq(id))
        // True of every named viewer; lets the database use the partial index.
        .filter(viewings::viewer.gt(0))
        .select((
            posts::id,
            posts::slug,
            posts::title,
            viewings::first,
            viewings::last,
            viewings::views,
        ))
        .order((viewings::last.desc(), viewings::post.desc()))
        .limit(one_more(limit))
        .into_boxed();
    if let Some(Cursor { key, id }) = after {
        query = query
            .filter(viewings::last.le(key))
            .filter(viewings::last.lt(key).or(viewings::post.lt(id)));
    }
    type Row = (PostId, String, String, i64, i64, i64);
    let rows: Vec<Row> = query.load(connection)?;
    let place = |row: &Row| Cursor {
        key: row.4,
        id: row.0,
    };
    let seen = |(post, slug, title, first, last, views)| ViewedPost {
        post,
        slug,
        title,
        first_viewed_at: TimestampMs(first),
        last_viewed_at: TimestampMs(last),
        views,
    };
    Ok(Some(page(rows, limit, place, seen)))
}
