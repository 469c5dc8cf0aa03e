//! The posts published just before and just after a post. Each is one step in the index of publication times.

use diesel::prelude::*;

use super::backend::DbConnection;
use super::live_posts::is_live;
use crate::model::{Cursor, Neighbours, PostLink};
use crate::store::error::StoreError;
use crate::store::sql::schema::posts;

pub(super) fn find(connection: &mut DbConnection, of: Cursor) -> Result<Neighbours, StoreError> {
    let Cursor { key, id } = of;
    // The first condition is one range of the index; the second breaks the tie within it.
    let older = posts::table
        .filter(is_live())
        .filter(posts::published_at.le(key))
        .filter(posts::published_at.lt(key).or(posts::id.lt(id)))
        .order((posts::published_at.desc(), posts::id.desc()))
        .select((posts::slug, posts::title))
        .first(connection)
        .optional()?;
    let newer = posts::table
        .filter(is_live())
        .filter(posts::published_at.ge(key))
        .filter(posts::published_at.gt(key).or(posts::id.gt(id)))
        .order((posts::published_at.asc(), posts::id.asc()))
        .select((posts::slug, posts::title))
        .first(connection)
        .optional()?;
    let link = |(slug, title)| PostLink { slug, title };
    Ok(Neighbours {
        older: older.map(link),
        newer: newer.map(link),
    })
}
