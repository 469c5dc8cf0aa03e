//! Lists of posts, page by page, each page read from an index and never by counting rows off.

use diesel::prelude::*;

use super::error::StoreError;
use super::posts::tags_from_text;
use super::schema::{counts, hourly_views, post_tags, posts};
use crate::model::{Cursor, ListQuery, Millis, Page, PostId, PostSummary, Sort};

diesel::define_sql_function! {
    /// The place of `needle` in `text`, from 1; 0 if it is not there.
    fn instr(text: diesel::sql_types::Text, needle: diesel::sql_types::Text) -> diesel::sql_types::Integer;
}

#[derive(Queryable)]
struct SummaryRow {
    id: PostId,
    slug: String,
    title: String,
    summary: String,
    tags: String,
    published_at: i64,
    updated_at: i64,
    views: i64,
    viewers: i64,
}

impl From<SummaryRow> for PostSummary {
    fn from(row: SummaryRow) -> PostSummary {
        PostSummary {
            id: row.id,
            slug: row.slug,
            title: row.title,
            summary: row.summary,
            tags: tags_from_text(&row.tags),
            published_at: Millis(row.published_at),
            updated_at: Millis(row.updated_at),
            views: row.views,
            viewers: row.viewers,
        }
    }
}

/// The columns of a [`SummaryRow`], in its order.
macro_rules! summary_columns {
    () => {
        (
            posts::id,
            posts::slug,
            posts::title,
            posts::summary,
            posts::tags,
            posts::published_at,
            posts::updated_at,
            counts::views,
            counts::viewers,
        )
    };
}

pub(super) fn page(
    connection: &mut SqliteConnection,
    query: &ListQuery,
) -> Result<Page<PostSummary>, StoreError> {
    let mut select = posts::table
        .inner_join(counts::table)
        .select(summary_columns!())
        .limit(
            i64::try_from(query.limit)
                .unwrap_or(i64::MAX)
                .saturating_add(1),
        )
        .into_boxed();
    if let Some(tag) = &query.tag {
        let tagged = post_tags::table
            .select(post_tags::post)
            .filter(post_tags::tag.eq(tag.as_str()));
        select = select.filter(posts::id.eq_any(tagged));
    }
    if let Some(title) = &query.title {
        select = select.filter(instr(posts::title_key, title.to_lowercase()).gt(0));
    }
    // The first condition is one range of the index, the second breaks the tie inside it.
    select = match query.sort {
        Sort::Published => {
            if let Some(Cursor { key, id }) = query.after {
                select = select
                    .filter(posts::published_at.le(key))
                    .filter(posts::published_at.lt(key).or(posts::id.lt(id)));
            }
            select.order((posts::published_at.desc(), posts::id.desc()))
        }
        Sort::Views => {
            if let Some(Cursor { key, id }) = query.after {
                select = select
                    .filter(counts::views.le(key))
                    .filter(counts::views.lt(key).or(counts::post.lt(id)));
            }
            select.order((counts::views.desc(), counts::post.desc()))
        }
    };
    let rows: Vec<SummaryRow> = select.load(connection)?;
    let mut items: Vec<PostSummary> = rows.into_iter().map(PostSummary::from).collect();
    let more = items.len() > query.limit;
    items.truncate(query.limit);
    let next = items.last().filter(|_| more).map(|last| Cursor {
        key: match query.sort {
            Sort::Published => last.published_at.0,
            Sort::Views => last.views,
        },
        id: last.id,
    });
    Ok(Page { items, next })
}

pub(super) fn top(
    connection: &mut SqliteConnection,
    since: Option<Millis>,
    limit: usize,
) -> Result<Vec<PostSummary>, StoreError> {
    let Some(since) = since else {
        let query = ListQuery {
            sort: Sort::Views,
            limit,
            ..ListQuery::default()
        };
        return Ok(page(connection, &query)?.items);
    };
    let views =
        diesel::dsl::sql::<diesel::sql_types::BigInt>("CAST(SUM(hourly_views.views) AS BIGINT)");
    let best: Vec<(PostId, i64)> = hourly_views::table
        .filter(hourly_views::hour.ge(since.hour().0))
        .group_by(hourly_views::post)
        .select((hourly_views::post, views.clone()))
        .order((views.desc(), hourly_views::post.desc()))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .load(connection)?;
    let mut items = Vec::with_capacity(best.len());
    for (post, views) in best {
        let row: Option<SummaryRow> = posts::table
            .inner_join(counts::table)
            .filter(posts::id.eq(post))
            .select(summary_columns!())
            .first(connection)
            .optional()?;
        items.extend(row.map(|row| PostSummary {
            views,
            ..PostSummary::from(row)
        }));
    }
    Ok(items)
}
