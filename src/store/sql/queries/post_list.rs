//! Lists of posts, page by page. Each page is read from an index and never by skipping rows.
//!
//! A filter that few posts pass is asked for all of them, and they are put in order. Where many pass each filter, the list is
//! gone through in its order, and the posts are looked at one by one: a page is soon full then.

use diesel::prelude::*;

use super::backend::DbConnection;
use super::few_positions::FewPositions;
use super::live_posts::is_live;
use super::post_filter::{few, key_trend, trend_key};
use crate::model::{Cursor, ListQuery, Page, PostId, PostSummary, Sort, TimestampMs};
use crate::store::error::StoreError;
use crate::store::filtered_page::{candidates, filtered_page, ids};
use crate::store::sql::schema::{counts, posts};
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

impl SummaryRow {
    fn position(&self, sort: Sort) -> Cursor {
        Cursor {
            key: match sort {
                Sort::Published => self.published_at,
                Sort::Views => self.views,
                Sort::Trending => trend_key(self.trend),
            },
            id: self.id,
        }
    }

    fn passes(&self, query: &ListQuery) -> bool {
        let has_tag = |tag| tags::from_text(&self.tags).contains(tag);
        let words = query.words.as_ref();
        words.is_none_or(|words| words.are_in(&self.title, &self.summary))
            && query.tag.as_ref().is_none_or(has_tag)
    }
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

/// The posts that are not deleted, not yet ordered.
macro_rules! summaries {
    () => {
        posts::table
            .inner_join(counts::table)
            .filter(is_live())
            .select(summary_columns!())
            .into_boxed()
    };
}

/// One page of the posts that pass a query.
pub(super) fn page(
    connection: &mut DbConnection,
    query: &ListQuery,
) -> Result<Page<PostSummary>, StoreError> {
    let ListQuery {
        sort, limit, after, ..
    } = *query;
    let Some(few) = few(connection, query)? else {
        let most_pass = !query.is_filtered();
        return filtered_page(after, limit, most_pass, |after, most| {
            let rows = rows(connection, sort, after, most)?;
            let candidate = |row: SummaryRow| {
                let passes = row.passes(query);
                (row.position(sort), passes.then(|| row.into()))
            };
            Ok(rows.into_iter().map(candidate).collect())
        });
    };
    let mut positions = FewPositions::new(few, sort);
    filtered_page(after, limit, true, |after, most| {
        let next = positions.next(connection, after, most)?;
        Ok(candidates(
            &next,
            summaries(connection, &ids(&next), query)?,
        ))
    })
}

/// The posts that follow a position, in the order of the list.
fn rows(
    connection: &mut DbConnection,
    sort: Sort,
    after: Option<Cursor>,
    most: usize,
) -> Result<Vec<SummaryRow>, StoreError> {
    let mut select = summaries!().limit(i64::try_from(most).unwrap_or(i64::MAX));
    // The first condition is one range of the index; the second breaks the tie within it.
    select = match sort {
        Sort::Published => {
            if let Some(Cursor { key, id }) = after {
                select = select
                    .filter(posts::published_at.le(key))
                    .filter(posts::published_at.lt(key).or(posts::id.lt(id)));
            }
            select.order((posts::published_at.desc(), posts::id.desc()))
        }
        Sort::Views => {
            if let Some(Cursor { key, id }) = after {
                select = select
                    .filter(counts::views.le(key))
                    .filter(counts::views.lt(key).or(counts::post.lt(id)));
            }
            select.order((counts::views.desc(), counts::post.desc()))
        }
        Sort::Trending => {
            if let Some(Cursor { key, id }) = after {
                let trend = key_trend(key);
                select = select
                    .filter(counts::trend.le(trend))
                    .filter(counts::trend.lt(trend).or(counts::post.lt(id)));
            }
            select.order((counts::trend.desc(), counts::post.desc()))
        }
    };
    Ok(select.load(connection)?)
}

/// Those of some posts that pass the filters of a query.
pub(super) fn summaries(
    connection: &mut DbConnection,
    ids: &[PostId],
    query: &ListQuery,
) -> Result<Vec<PostSummary>, StoreError> {
    let rows: Vec<SummaryRow> = summaries!()
        .filter(posts::id.eq_any(ids))
        .load(connection)?;
    let passing = rows.into_iter().filter(|row| row.passes(query));
    Ok(passing.map(PostSummary::from).collect())
}
