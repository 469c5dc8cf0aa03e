//! Posts: find, create, update, delete.

use diesel::prelude::*;

use super::backend::{DbConnection, search};
use super::live_posts::is_live;
use super::{counted_windows, hourly, log_batch, referrers, removed_hours, site_numbers};
use crate::model::slug::MAX_SLUG_CHARS;
use crate::model::{Post, PostContent, PostId, PostKey, PostRef, Revision, TimestampMs};
use crate::store::error::StoreError;
use crate::store::source::Source;
use crate::store::sql::schema::{
    corrections, counts, deleted_posts, ledger, post_tags, posts, viewings,
};
use crate::store::sql::tags;

#[derive(Queryable)]
struct PostRow {
    id: PostId,
    slug: String,
    title: String,
    summary: String,
    body: String,
    tags: String,
    published_at: i64,
    updated_at: i64,
    revision: Revision,
    views: i64,
    viewers: i64,
    address: Option<String>,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = posts)]
struct ContentRow<'a> {
    slug: &'a str,
    title: &'a str,
    summary: &'a str,
    body: &'a str,
    tags: String,
    published_at: i64,
    updated_at: i64,
}

impl From<PostRow> for Post {
    fn from(row: PostRow) -> Post {
        Post {
            id: row.id,
            revision: row.revision,
            content: PostContent {
                slug: row.slug,
                title: row.title,
                summary: row.summary,
                body: row.body,
                tags: tags::from_text(&row.tags),
                published_at: TimestampMs(row.published_at),
                updated_at: TimestampMs(row.updated_at),
            },
            address: row.address,
            views: row.views,
            viewers: row.viewers,
        }
    }
}

impl<'a> From<&'a PostContent> for ContentRow<'a> {
    fn from(content: &'a PostContent) -> ContentRow<'a> {
        ContentRow {
            slug: &content.slug,
            title: &content.title,
            summary: &content.summary,
            body: &content.body,
            tags: tags::to_text(&content.tags),
            published_at: content.published_at.0,
            updated_at: content.updated_at.0,
        }
    }
}

/// A post with its content and numbers.
pub(super) fn find(
    connection: &mut DbConnection,
    key: PostKey<'_>,
) -> Result<Option<Post>, StoreError> {
    let mut query = posts::table
        .inner_join(counts::table)
        .filter(is_live())
        .select((
            posts::id,
            posts::slug,
            posts::title,
            posts::summary,
            posts::body,
            posts::tags,
            posts::published_at,
            posts::updated_at,
            posts::revision,
            counts::views,
            counts::viewers,
            posts::address,
        ))
        .into_boxed();
    query = match key {
        PostKey::Id(id) => query.filter(posts::id.eq(id)),
        PostKey::Slug(slug) => query.filter(posts::slug.eq(slug)),
        PostKey::Address(address) => query.filter(posts::address.eq(address)),
    };
    Ok(query
        .first::<PostRow>(connection)
        .optional()?
        .map(Post::from))
}

/// A post's id.
pub(super) fn id_of(
    connection: &mut DbConnection,
    key: PostKey<'_>,
) -> Result<Option<PostId>, StoreError> {
    Ok(name_of(connection, key)?.map(|name| name.id))
}

/// What a post is called by.
pub(super) fn name_of(
    connection: &mut DbConnection,
    key: PostKey<'_>,
) -> Result<Option<PostRef>, StoreError> {
    let mut query = posts::table
        .filter(is_live())
        .select((posts::id, posts::slug))
        .into_boxed();
    query = match key {
        PostKey::Id(id) => query.filter(posts::id.eq(id)),
        PostKey::Slug(slug) => query.filter(posts::slug.eq(slug)),
        PostKey::Address(address) => query.filter(posts::address.eq(address)),
    };
    let found: Option<(PostId, String)> = query.get_result(connection).optional()?;
    Ok(found.map(|(id, slug)| PostRef { id, slug }))
}

/// How many posts there are that are not deleted.
pub(super) fn count(connection: &mut DbConnection) -> Result<i64, StoreError> {
    // Two counts of whole tables, for which no row is looked at.
    let all: i64 = posts::table.count().get_result(connection)?;
    let deleted: i64 = deleted_posts::table.count().get_result(connection)?;
    Ok(all - deleted)
}

/// `wanted`, or the first of `wanted-2`, `wanted-3` … that no other post has.
pub(super) fn free_slug(
    connection: &mut DbConnection,
    wanted: &str,
    own: Option<PostId>,
) -> Result<String, StoreError> {
    let mut slug = wanted.to_owned();
    let mut number = 2;
    loop {
        match id_of(connection, PostKey::Slug(&slug))? {
            Some(id) if Some(id) != own => {
                slug = numbered(wanted, number);
                number += 1;
            }
            _ => return Ok(slug),
        }
    }
}

/// A slug with a number after it.
pub(super) fn numbered(slug: &str, number: usize) -> String {
    let suffix = format!("-{number}");
    let kept = MAX_SLUG_CHARS - suffix.len();
    slug.chars().take(kept).collect::<String>() + &suffix
}

/// Inserts a post, with zero views.
pub(super) fn create(
    connection: &mut DbConnection,
    content: &PostContent,
    source: Option<&Source>,
) -> Result<Post, StoreError> {
    let id: PostId = diesel::insert_into(posts::table)
        .values((
            ContentRow::from(content),
            posts::source.eq(source.map(|source| source.absolute.as_str())),
            posts::source_path.eq(source.map(|source| source.relative.as_str())),
        ))
        .returning(posts::id)
        .get_result(connection)?;
    diesel::insert_into(counts::table)
        .values(counts::post.eq(id))
        .execute(connection)?;
    insert_tags(connection, id, &content.tags)?;
    search::put(connection, id, &content.title, &content.summary)?;
    Ok(Post {
        id,
        revision: 1,
        content: content.clone(),
        address: None,
        views: 0,
        viewers: 0,
    })
}

/// Replaces a post's content.
pub(super) fn update(
    connection: &mut DbConnection,
    id: PostId,
    content: &PostContent,
    expected: Option<&[Revision]>,
) -> Result<Post, StoreError> {
    check_revision(connection, id, expected)?;
    diesel::update(posts::table.find(id))
        .set((
            ContentRow::from(content),
            posts::revision.eq(posts::revision + 1),
        ))
        .execute(connection)?;
    diesel::delete(post_tags::table.filter(post_tags::post.eq(id))).execute(connection)?;
    insert_tags(connection, id, &content.tags)?;
    search::put(connection, id, &content.title, &content.summary)?;
    find(connection, PostKey::Id(id))?.ok_or(StoreError::NoSuchPost)
}

/// Deletes a post and every row about it, for good.
pub(super) fn delete(
    connection: &mut DbConnection,
    id: PostId,
    expected: Option<&[Revision]>,
) -> Result<(), StoreError> {
    check_revision(connection, id, expected)?;
    remove(connection, id)
}

/// Deletes every row about a post, be it deleted or not.
pub(super) fn remove(connection: &mut DbConnection, id: PostId) -> Result<(), StoreError> {
    hourly::delete_post(connection, id)?;
    removed_hours::delete_post(connection, id)?;
    referrers::delete_post(connection, id)?;
    counted_windows::delete_post(connection, id)?;
    log_batch::delete_post(connection, id)?;
    diesel::delete(viewings::table.filter(viewings::post.eq(id))).execute(connection)?;
    diesel::delete(corrections::table.filter(corrections::post.eq(id))).execute(connection)?;
    site_numbers::following(connection, &id.to_string(), |connection| {
        diesel::delete(ledger::table.filter(ledger::post.eq(id))).execute(connection)?;
        diesel::delete(posts::table.find(id)).execute(connection)?;
        Ok(())
    })?;
    search::remove(connection, id)
}

/// Whether a post has one of the revisions that are expected.
///
/// # Errors
/// [`StoreError::Changed`] where it has none of them; [`StoreError::NoSuchPost`] also for one that is deleted.
pub(super) fn check_revision(
    connection: &mut DbConnection,
    id: PostId,
    expected: Option<&[Revision]>,
) -> Result<(), StoreError> {
    let found: Revision = posts::table
        .find(id)
        .filter(is_live())
        .select(posts::revision)
        .get_result(connection)?;
    match expected {
        Some(expected) if !expected.contains(&found) => Err(StoreError::Changed),
        _ => Ok(()),
    }
}

/// Makes a post findable by its tags.
pub(super) fn insert_tags(
    connection: &mut DbConnection,
    id: PostId,
    tags: &[String],
) -> Result<(), StoreError> {
    for tag in tags {
        diesel::insert_into(post_tags::table)
            .values((post_tags::tag.eq(tag), post_tags::post.eq(id)))
            .on_conflict_do_nothing()
            .execute(connection)?;
    }
    Ok(())
}
