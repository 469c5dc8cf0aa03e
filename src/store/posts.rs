//! Posts in the database: find, create, update, delete.

use diesel::prelude::*;

use super::error::StoreError;
use super::history;
use super::schema::{corrections, counts, ledger, post_tags, posts, viewings};
use super::source::Source;
use crate::model::{Post, PostContent, PostId, PostKey, Revision, TimestampMs};

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
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = posts)]
struct ContentRow<'a> {
    slug: &'a str,
    title: &'a str,
    title_key: String,
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
                tags: tags_from_text(&row.tags),
                published_at: TimestampMs(row.published_at),
                updated_at: TimestampMs(row.updated_at),
            },
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
            title_key: content.title.to_lowercase(),
            summary: &content.summary,
            body: &content.body,
            tags: tags_to_text(&content.tags),
            published_at: content.published_at.0,
            updated_at: content.updated_at.0,
        }
    }
}

pub(super) fn tags_to_text(tags: &[String]) -> String {
    serde_json::Value::from(tags).to_string()
}

/// The tags of a row; a text this program did not write counts as no tags.
pub(super) fn tags_from_text(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}

pub(super) fn find(
    connection: &mut SqliteConnection,
    key: PostKey<'_>,
) -> Result<Option<Post>, StoreError> {
    let mut query = posts::table
        .inner_join(counts::table)
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
        ))
        .into_boxed();
    query = match key {
        PostKey::Id(id) => query.filter(posts::id.eq(id)),
        PostKey::Slug(slug) => query.filter(posts::slug.eq(slug)),
    };
    Ok(query
        .first::<PostRow>(connection)
        .optional()?
        .map(Post::from))
}

pub(super) fn id_of(
    connection: &mut SqliteConnection,
    key: PostKey<'_>,
) -> Result<Option<PostId>, StoreError> {
    let mut query = posts::table.select(posts::id).into_boxed();
    query = match key {
        PostKey::Id(id) => query.filter(posts::id.eq(id)),
        PostKey::Slug(slug) => query.filter(posts::slug.eq(slug)),
    };
    Ok(query.get_result(connection).optional()?)
}

pub(super) fn create(
    connection: &mut SqliteConnection,
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
    set_tags(connection, id, &content.tags)?;
    Ok(Post {
        id,
        revision: 1,
        content: content.clone(),
        views: 0,
        viewers: 0,
    })
}

pub(super) fn update(
    connection: &mut SqliteConnection,
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
    set_tags(connection, id, &content.tags)?;
    find(connection, PostKey::Id(id))?.ok_or(StoreError::NoSuchPost)
}

pub(super) fn delete(
    connection: &mut SqliteConnection,
    id: PostId,
    expected: Option<&[Revision]>,
) -> Result<(), StoreError> {
    check_revision(connection, id, expected)?;
    history::forget(connection, id)?;
    diesel::delete(viewings::table.filter(viewings::post.eq(id))).execute(connection)?;
    diesel::delete(corrections::table.filter(corrections::post.eq(id))).execute(connection)?;
    diesel::delete(ledger::table.filter(ledger::post.eq(id))).execute(connection)?;
    diesel::delete(posts::table.find(id)).execute(connection)?;
    Ok(())
}

fn check_revision(
    connection: &mut SqliteConnection,
    id: PostId,
    expected: Option<&[Revision]>,
) -> Result<(), StoreError> {
    let found: Revision = posts::table
        .find(id)
        .select(posts::revision)
        .get_result(connection)?;
    match expected {
        Some(expected) if !expected.contains(&found) => Err(StoreError::Changed),
        _ => Ok(()),
    }
}

pub(super) fn set_tags(
    connection: &mut SqliteConnection,
    id: PostId,
    tags: &[String],
) -> Result<(), StoreError> {
    for tag in tags {
        diesel::insert_or_ignore_into(post_tags::table)
            .values((post_tags::tag.eq(tag), post_tags::post.eq(id)))
            .execute(connection)?;
    }
    Ok(())
}
