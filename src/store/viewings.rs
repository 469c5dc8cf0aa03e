//! Who saw what: asked, pruned, forgotten; and the salts of those without a name.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::error::StoreError;
use super::schema::{counts, posts, salts, viewers, viewings};
use crate::model::{Cursor, Page, PostId, TimestampMs, ViewedPost, Viewing, ViewingKey};

/// A named viewer's number, or an anonymous one's own.
fn number(
    connection: &mut SqliteConnection,
    key: ViewingKey<'_>,
) -> Result<Option<i64>, StoreError> {
    match key {
        ViewingKey::Anonymous(number) => Ok(Some(number)),
        ViewingKey::Named(name) => Ok(viewers::table
            .filter(viewers::name.eq(name))
            .select(viewers::id)
            .get_result(connection)
            .optional()?),
    }
}

type Row = (i64, Option<String>, i64, i64, i64);

fn viewing((number, name, first, last, views): Row) -> Viewing {
    Viewing {
        viewer: name.unwrap_or_else(|| ViewingKey::Anonymous(number).to_string()),
        first_viewed_at: TimestampMs(first),
        last_viewed_at: TimestampMs(last),
        views,
    }
}

/// The viewers of a post, latest first.
pub(super) fn of_post(
    connection: &mut SqliteConnection,
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
    let next = rows
        .get(limit.wrapping_sub(1))
        .filter(|_| rows.len() > limit);
    let next = next.map(|row| Cursor {
        key: row.3,
        id: row.0,
    });
    Ok(Page {
        items: rows.into_iter().take(limit).map(viewing).collect(),
        next,
    })
}

/// Whether and when a viewer saw a post.
pub(super) fn one(
    connection: &mut SqliteConnection,
    post: PostId,
    key: ViewingKey<'_>,
) -> Result<Option<Viewing>, StoreError> {
    let Some(number) = number(connection, key)? else {
        return Ok(None);
    };
    let row: Option<(i64, i64, i64)> = viewings::table
        .find((post, number))
        .select((viewings::first, viewings::last, viewings::views))
        .get_result(connection)
        .optional()?;
    Ok(
        row.map(|(first, last, views)| {
            viewing((number, Some(key.to_string()), first, last, views))
        }),
    )
}

/// What a named viewer saw, latest first.
pub(super) fn by(
    connection: &mut SqliteConnection,
    name: &str,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Option<Page<ViewedPost>>, StoreError> {
    let Some(number) = number(connection, ViewingKey::Named(name))? else {
        return Ok(None);
    };
    let mut query = viewings::table
        .inner_join(posts::table.on(posts::id.eq(viewings::post)))
        .filter(viewings::viewer.eq(number))
        // Said once more, so that the partial index may be used: a named viewer's number is positive.
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
    let rows: Vec<(PostId, String, String, i64, i64, i64)> = query.load(connection)?;
    let next = rows
        .get(limit.wrapping_sub(1))
        .filter(|_| rows.len() > limit);
    let next = next.map(|row| Cursor {
        key: row.4,
        id: row.0,
    });
    let seen = |(post, slug, title, first, last, views)| ViewedPost {
        post,
        slug,
        title,
        first_viewed_at: TimestampMs(first),
        last_viewed_at: TimestampMs(last),
        views,
    };
    Ok(Some(Page {
        items: rows.into_iter().take(limit).map(seen).collect(),
        next,
    }))
}

fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}

/// Forgets a named viewer. The posts keep their numbers. Returns whether there was one.
pub(super) fn forget(connection: &mut SqliteConnection, name: &str) -> Result<bool, StoreError> {
    let Some(number) = number(connection, ViewingKey::Named(name))? else {
        return Ok(false);
    };
    let seen: Vec<PostId> = viewings::table
        .filter(viewings::viewer.eq(number))
        .filter(viewings::viewer.gt(0))
        .select(viewings::post)
        .load(connection)?;
    for post in seen {
        remove(connection, post, number)?;
    }
    diesel::delete(viewers::table.find(number)).execute(connection)?;
    Ok(true)
}

/// Removes a viewing; its viewer goes on being counted.
fn remove(connection: &mut SqliteConnection, post: PostId, viewer: i64) -> Result<(), StoreError> {
    diesel::delete(viewings::table.find((post, viewer))).execute(connection)?;
    diesel::update(counts::table.find(post))
        .set(counts::past_viewers.eq(counts::past_viewers + 1))
        .execute(connection)?;
    Ok(())
}

/// Looks at `step` viewings after `after`, in key order, and removes those last seen before `before`. Returns where
/// it stopped; `None` at the end.
pub(super) fn prune(
    connection: &mut SqliteConnection,
    before: TimestampMs,
    after: (PostId, i64),
    step: usize,
) -> Result<Option<(PostId, i64)>, StoreError> {
    let rows: Vec<(PostId, i64, i64)> = viewings::table
        .filter(viewings::post.ge(after.0))
        .filter(viewings::post.gt(after.0).or(viewings::viewer.gt(after.1)))
        .select((viewings::post, viewings::viewer, viewings::last))
        .order((viewings::post, viewings::viewer))
        .limit(i64::try_from(step).unwrap_or(i64::MAX))
        .load(connection)?;
    for &(post, viewer, _) in rows.iter().filter(|(_, _, last)| *last < before.0) {
        remove(connection, post, viewer)?;
    }
    Ok(rows
        .last()
        .filter(|_| rows.len() == step)
        .map(|&(post, viewer, _)| (post, viewer)))
}

/// The salt of a day: the one that is there, or `proposed`, which then is.
pub(super) fn salt(
    connection: &mut SqliteConnection,
    day: TimestampMs,
    proposed: [u8; 16],
) -> Result<[u8; 16], StoreError> {
    let kept: Vec<u8> = diesel::insert_into(salts::table)
        .values((salts::day.eq(day.0), salts::salt.eq(proposed.as_slice())))
        .on_conflict(salts::day)
        .do_update()
        .set(salts::day.eq(excluded(salts::day)))
        .returning(salts::salt)
        .get_result(connection)?;
    // Another length was not written by this program.
    Ok(kept.try_into().unwrap_or(proposed))
}

/// Deletes the salts of days before `oldest`. Returns whether there were any.
pub(super) fn forget_salts(
    connection: &mut SqliteConnection,
    oldest: TimestampMs,
) -> Result<bool, StoreError> {
    let gone = diesel::delete(salts::table.filter(salts::day.lt(oldest.0))).execute(connection)?;
    Ok(gone > 0)
}
