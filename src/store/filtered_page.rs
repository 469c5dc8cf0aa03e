//! Pages of lists that may leave posts out: posts are looked at in order until a page is full.
//!
//! How many that takes is not known before, and a page must not look at them all. So it stops after some, and is then
//! shorter than asked for, or empty; the next page goes on from there.

use super::error::StoreError;
use crate::model::{Cursor, Page, PostId, PostSummary};

/// Posts looked at for one page, at most: some 5 ms, most of it for reading rows from all over the table.
const MAX_EXAMINED: usize = 1_000;

/// Posts looked at together where few may pass. Where most should and too few have, each step is twice the one before, up to
/// this.
const LARGE_STEP: usize = 500;

/// A position in a list, and the post that stands there, unless it is left out.
pub type Candidate = (Cursor, Option<PostSummary>);

/// The page after a position. `next` gives the candidates that follow a position: as many as asked for, or fewer at the end
/// of the list. `most_pass` says that few of them are left out.
///
/// # Errors
/// Those of `next`.
pub fn filtered_page(
    after: Option<Cursor>,
    limit: usize,
    most_pass: bool,
    mut next: impl FnMut(Option<Cursor>, usize) -> Result<Vec<Candidate>, StoreError>,
) -> Result<Page<PostSummary>, StoreError> {
    // With one more it is seen whether there is a next page.
    let mut step = match most_pass {
        true => limit.saturating_add(1),
        false => LARGE_STEP,
    };
    let mut items = Vec::new();
    let (mut last, mut last_item) = (after, None);
    let mut examined = 0;
    while examined < MAX_EXAMINED {
        let candidates = next(last, step)?;
        let is_end = candidates.len() < step;
        examined += candidates.len();
        for (position, post) in candidates {
            last = Some(position);
            let Some(post) = post else { continue };
            if items.len() == limit {
                return Ok(Page {
                    items,
                    next: last_item,
                });
            }
            items.push(post);
            last_item = last;
        }
        if is_end {
            return Ok(Page { items, next: None });
        }
        step = step.max(LARGE_STEP.min(step.saturating_mul(2)));
    }
    Ok(Page { items, next: last })
}

/// The candidates at some positions, from those of their posts that pass, in any order.
pub fn candidates(positions: &[Cursor], mut passing: Vec<PostSummary>) -> Vec<Candidate> {
    passing.sort_unstable_by_key(|post| post.id);
    let candidate = |&position: &Cursor| {
        let found = passing.binary_search_by_key(&position.id, |post| post.id);
        (position, found.ok().map(|index| passing[index].clone()))
    };
    positions.iter().map(candidate).collect()
}

/// The ids of the posts at some positions.
pub fn ids(positions: &[Cursor]) -> Vec<PostId> {
    positions.iter().map(|position| position.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TimestampMs;

    fn post(id: PostId) -> PostSummary {
        PostSummary {
            id,
            slug: id.to_string(),
            title: String::new(),
            summary: String::new(),
            tags: Vec::new(),
            published_at: TimestampMs(0),
            updated_at: TimestampMs(0),
            views: 0,
            viewers: 0,
        }
    }

    /// The ids of each page of a list of posts 1 to `count` of which those pass that `passes` says.
    fn pages(count: i64, limit: usize, passes: impl Fn(i64) -> bool) -> Vec<Vec<PostId>> {
        let mut pages = Vec::new();
        let mut after = None;
        loop {
            let page = filtered_page(after, limit, false, |after, most| {
                let first = after.map_or(1, |after: Cursor| after.id + 1);
                let ids = (first..=count).take(most);
                Ok(ids
                    .map(|id| (Cursor { key: 0, id }, passes(id).then(|| post(id))))
                    .collect())
            })
            .expect("no store fails");
            pages.push(page.items.iter().map(|post| post.id).collect());
            match page.next {
                Some(next) => after = Some(next),
                None => return pages,
            }
        }
    }

    #[test]
    fn a_page_is_full_if_enough_posts_pass() {
        assert_eq!(pages(0, 2, |_| true), [[0; 0]]);
        assert_eq!(pages(3, 2, |_| true), [vec![1, 2], vec![3]]);
        assert_eq!(pages(4, 2, |_| true), [vec![1, 2], vec![3, 4]]);
        assert_eq!(
            pages(900, 2, |id| id % 300 == 0),
            [vec![300, 600], vec![900]]
        );
    }

    #[test]
    fn a_page_that_has_looked_at_enough_posts_is_short_and_the_next_goes_on() {
        let last = MAX_EXAMINED as i64 * 3;
        assert_eq!(pages(last - 1, 2, |id| id == 7), [vec![7], vec![], vec![]]);
        let found = pages(last + 10, 2, |id| id > last);
        assert_eq!(found[..3], [[0; 0]; 3]);
        assert_eq!(found[3..].concat(), Vec::from_iter(last + 1..=last + 10));
    }
}
