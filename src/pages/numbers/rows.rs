//! Posts in the dashboard: their views in the range, and how these went.

use std::collections::HashMap;

use super::address::Address;
use super::sparkline::{self, STEPS};
use super::time_range::TimeRange;
use crate::http::Problem;
use crate::model::{PostId, PostSummary};
use crate::pages::text;
use crate::store::Store;

/// A line of the list.
pub struct Row<'a> {
    pub slug: String,
    pub title: &'a str,
    pub language: &'static str,
    pub tags: Vec<TagLink<'a>>,
    pub sparkline: String,
    /// Views in the range.
    pub views: String,
    /// Views of all time.
    pub total: String,
    /// Viewers of all time.
    pub viewers: String,
}

/// A tag that filters the list.
pub struct TagLink<'a> {
    pub name: &'a str,
    pub address: String,
}

/// Tags shown of a post.
const TAGS: usize = 3;

/// The lines for some posts, whose views in the range are read at once.
///
/// # Errors
/// Those of the store.
pub fn rows<'a>(
    store: &dyn Store,
    posts: &'a [PostSummary],
    totals: &HashMap<PostId, i64>,
    range: &TimeRange,
    address: Address<'_>,
) -> Result<Vec<Row<'a>>, Problem> {
    let ids: Vec<PostId> = posts.iter().map(|post| post.id).collect();
    let mut numbers: HashMap<PostId, [i64; STEPS]> = HashMap::new();
    for (post, step, views) in
        store.views_by_step(&ids, range.start..range.end, sparkline::step(range))?
    {
        let steps = numbers.entry(post).or_insert([0; STEPS]);
        if let Some(number) = usize::try_from(step)
            .ok()
            .and_then(|step| steps.get_mut(step))
        {
            *number += views;
        }
    }
    let row = |post: &'a PostSummary| {
        let steps = numbers.get(&post.id).copied().unwrap_or([0; STEPS]);
        let total = totals.get(&post.id).copied().unwrap_or(post.views);
        Row {
            slug: text::encode(&post.slug),
            title: &post.title,
            language: text::language(&post.title),
            tags: post
                .tags
                .iter()
                .take(TAGS)
                .map(|name| TagLink {
                    name,
                    address: address.with(&[("tag", name)]),
                })
                .collect(),
            sparkline: sparkline::path(&steps),
            views: text::number(steps.iter().sum()),
            total: text::number(total),
            viewers: text::number(post.viewers),
        }
    };
    Ok(posts.iter().map(row).collect())
}
