//! Posts that come from files.

use std::path::Path;

use diesel::prelude::*;

use super::backend::DbConnection;
use super::{deleted_posts, page_posts, posts};
use crate::model::{PostContent, PostId, PostKey, TimestampMs};
use crate::store::error::StoreError;
use crate::store::source::{ImportContent, Imported, ImportedAs, Source};
use crate::store::sql::schema::posts as table;

/// Creates or updates the post of a source file.
pub(super) fn import(
    connection: &mut DbConnection,
    source: &Source,
    wanted: &ImportContent,
    now: TimestampMs,
) -> Result<Imported, StoreError> {
    let mut was_deleted = false;
    let known = match find_by_source(connection, source)? {
        // Its file is there, so it is wanted: it comes back, with its views.
        Some(id) if deleted_posts::contains(connection, id)? => {
            was_deleted = true;
            Some(deleted_posts::undelete(connection, id)?)
        }
        Some(id) => posts::find(connection, PostKey::Id(id))?,
        // Its page may have been read before.
        None => match page_posts::of_file(connection, source, wanted)? {
            Some(id) => {
                set_source(connection, id, source)?;
                posts::find(connection, PostKey::Id(id))?
            }
            None => None,
        },
    };
    let slug = posts::free_slug(connection, &wanted.slug, known.as_ref().map(|post| post.id))?;
    let published_at = wanted
        .published_at
        .or(known.as_ref().map(|post| post.content.published_at))
        .unwrap_or(now);
    let mut content = PostContent {
        slug: slug.clone(),
        title: wanted.title.clone(),
        summary: wanted.summary.clone(),
        body: wanted.body.clone(),
        tags: wanted.tags.clone(),
        published_at,
        updated_at: wanted.updated_at.unwrap_or(published_at),
    };
    let Some(known) = known else {
        let post = posts::create(connection, &content, Some(source))?;
        if let Some(address) = &wanted.address {
            page_posts::set_address_of_file(connection, post.id, address)?;
        }
        return Ok(Imported::Created(ImportedAs { id: post.id, slug }));
    };
    let imported = ImportedAs { id: known.id, slug };
    let moved = match &wanted.address {
        Some(address) => page_posts::set_address_of_file(connection, known.id, address)?,
        None => false,
    };
    if wanted.updated_at.is_none() {
        content.updated_at = known.content.updated_at;
    }
    if content == known.content && !was_deleted {
        return Ok(match moved {
            true => Imported::Updated(imported),
            false => Imported::Unchanged(imported),
        });
    }
    if wanted.updated_at.is_none() {
        content.updated_at = now;
    }
    posts::update(connection, known.id, &content, None)?;
    Ok(Imported::Updated(imported))
}

fn set_source(
    connection: &mut DbConnection,
    id: PostId,
    source: &Source,
) -> Result<(), StoreError> {
    diesel::update(table::table.find(id))
        .set((
            table::source.eq(&source.absolute),
            table::source_path.eq(&source.relative),
        ))
        .execute(connection)?;
    Ok(())
}

/// The post of this source; or that of a file which no longer exists and had the same path below its folder, for then
/// the folder was moved. That post gets the new source.
fn find_by_source(
    connection: &mut DbConnection,
    source: &Source,
) -> Result<Option<PostId>, StoreError> {
    let exact: Option<PostId> = table::table
        .filter(table::source.eq(&source.absolute))
        .select(table::id)
        .get_result(connection)
        .optional()?;
    if exact.is_some() {
        return Ok(exact);
    }
    let alike: Vec<(PostId, Option<String>)> = table::table
        .filter(table::source_path.eq(&source.relative))
        .select((table::id, table::source))
        .load(connection)?;
    let moved = alike
        .into_iter()
        .find(|(_, old)| old.as_ref().is_some_and(|old| !Path::new(old).exists()));
    if let Some((id, _)) = moved {
        diesel::update(table::table.find(id))
            .set(table::source.eq(&source.absolute))
            .execute(connection)?;
        return Ok(Some(id));
    }
    Ok(None)
}
