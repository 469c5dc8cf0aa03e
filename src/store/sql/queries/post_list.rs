//! Lists of posts, page by page. Each page is read from an index and never by skipping rows.

use diesel::prelude::*;

use super::backend::{DbConnection, position};
use super::live_posts::is_live;
use crate::model::{Cursor, ListQuery, Page, PostId, PostSummary, Sort, TimestampMs};
use crate::store::error::StoreError;
use crate::store::sql::schema::{counts, post_tags, posts};
use crate::store::sql::tags;

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
    trend: f64,
}

impl From<SummaryRow> for PostSummary {
    fn from(row: SummaryRow) -> PostSummary {
        PostSummary {
            id: row.id,
            slug: row.slug,
            title: row.title,
            summary: row.summary,
            tags: tags::from_text(&row.tags),
            published_at: TimestampMs(row.published_at),
            updated_at: TimestampMs(row.updated_at),
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
            counts::trend,
        )
    };
}

/// The posts that pass the filters of a query, not yet ordered.
macro_rules! filtered {
    ($query:expr) => {{
        let mut select = posts::table
            .inner_join(counts::table)
            .filter(is_live())
            .select(summary_columns!())
            .into_boxed();
        if let Some(tag) = &$query.tag {
            let tagged = post_tags::table
                .select(post_tags::post)
                .filter(post_tags::tag.eq(tag.as_str()));
            select = select.filter(posts::id.eq_any(tagged));
        }
        if let Some(title) = &$query.title {
            select = select.filter(position(posts::title_key, title.to_lowercase()).gt(0));
        }
        select
    }};
}

/// One page of the posts that pass a query.
pub(super) fn page(
    connection: &mut DbConnection,
    query: &ListQuery,
) -> Result<Page<PostSummary>, StoreError> {
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let mut select = filtered!(query).limit(limit.saturating_add(1));
    // The first condition is one range of the index; the second breaks the tie within it.
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
        Sort::Trending => {
            if let Some(Cursor { key, id }) = query.after {
                let trend = f64::from_bits(key.cast_unsigned());
                select = select
                    .filter(counts::trend.le(trend))
                    .filter(counts::trend.lt(trend).or(counts::post.lt(id)));
            }
            select.order((counts::trend.desc(), counts::post.desc()))
        }
    };
    let mut rows: Vec<SummaryRow> = select.load(connection)?;
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    let next = rows.last().filter(|_| more).map(|last| Cursor {
        key: match query.sort {
            Sort::Published => last.published_at,
            Sort::Views => last.views,
            // The bits and not the number: the key read back must equal the one in the index.
            Sort::Trending => last.trend.to_bits().cast_signed(),
        },
        id: last.id,
    });
    Ok(Page {
        items: rows.into_iter().map(PostSummary::from).collect(),
        next,
    })
}

/// Those of some posts that pass the filters of a query.
pub(super) fn summaries(
    connection: &mut DbConnection,
    ids: &[PostId],
    query: &ListQuery,
) -> Result<Vec<PostSummary>, StoreError> {
    let select = filtered!(query).filter(posts::id.eq_any(ids));
    let rows: Vec<SummaryRow> = select.load(connection)?;
    Ok(rows.into_iter().map(PostSummary::from).collect())
}
