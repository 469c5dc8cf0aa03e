//! Where few posts of a long list stand in it.
//!
//! To put posts in order, a row of each is read from somewhere in a table: 2 µs a post. Of thousands, the next ones are
//! found sooner in the list's own index, unless they all stand far behind.

use std::collections::HashSet;

use diesel::prelude::*;

use super::backend::{DbConnection, RowByRow};
use super::post_filter::{key_trend, order, positions, trend_key};
use crate::model::{Cursor, PostId, Sort};
use crate::store::error::StoreError;
use crate::store::sql::schema::{counts, posts};

/// Posts that are put in order at once.
const MAX_ORDERED: usize = 4_000;

/// Entries of the index that are gone through for a page: some 3 ms. In a million, the next 20 of more than
/// [`MAX_ORDERED`] posts take 5,000, if they stand everywhere.
const MAX_ENTRIES: i64 = 10_000;

/// The positions of some posts in a list.
pub(super) struct FewPositions {
    sort: Sort,
    posts: HashSet<PostId>,
    /// Entries of the index gone through so far.
    entries: i64,
    /// All positions in order, once that is needed.
    ordered: Option<Vec<Cursor>>,
}

impl FewPositions {
    /// Those of `posts`.
    pub(super) fn new(posts: Vec<PostId>, sort: Sort) -> FewPositions {
        FewPositions {
            sort,
            posts: posts.into_iter().collect(),
            entries: 0,
            ordered: None,
        }
    }

    /// The positions that follow one in the list: `most`, or fewer at its end.
    pub(super) fn next(
        &mut self,
        connection: &mut DbConnection,
        after: Option<Cursor>,
        most: usize,
    ) -> Result<Vec<Cursor>, StoreError> {
        if self.posts.len() > MAX_ORDERED
            && self.ordered.is_none()
            && let Some(next) = self.in_index(connection, after, most)?
        {
            return Ok(next);
        }
        let ordered = match self.ordered.take() {
            Some(ordered) => ordered,
            None => {
                let mut posts = Vec::from_iter(self.posts.iter().copied());
                // In the order of the tables.
                posts.sort_unstable();
                positions(connection, &posts, self.sort)?
            }
        };
        let ordered = self.ordered.insert(ordered);
        let start = after.map_or(0, |after| {
            ordered.partition_point(|position| order(self.sort, *position, after).is_le())
        });
        let end = ordered.len().min(start.saturating_add(most));
        Ok(ordered[start..end].to_vec())
    }

    /// The same, from the list's index; `None` if they stand too far behind.
    fn in_index(
        &mut self,
        connection: &mut DbConnection,
        after: Option<Cursor>,
        most: usize,
    ) -> Result<Option<Vec<Cursor>>, StoreError> {
        // Two ranges of the index: in one for both, all entries with the key of the position would be read to get past it.
        let parts = match after {
            None => vec![Part::Whole],
            Some(at) => vec![Part::Ties(at), Part::Below(at)],
        };
        let mut walk = Walk {
            posts: &self.posts,
            most,
            found: Vec::new(),
            entries: self.entries,
        };
        for part in parts {
            if !walk.is_over() {
                pass_part(connection, self.sort, part, &mut walk)?;
            }
        }
        let Walk { found, entries, .. } = walk;
        self.entries = entries;
        Ok((found.len() == most || entries < MAX_ENTRIES).then_some(found))
    }
}

/// A part of a list's index.
enum Part {
    Whole,
    /// What follows a position and has the same key.
    Ties(Cursor),
    /// What has a lower key.
    Below(Cursor),
}

/// Goes through a part of the index of a list.
fn pass_part(
    connection: &mut DbConnection,
    sort: Sort,
    part: Part,
    walk: &mut Walk<'_>,
) -> Result<(), StoreError> {
    let limit = MAX_ENTRIES - walk.entries;
    match sort {
        Sort::Published => {
            let mut select = posts::table
                .select((posts::published_at, posts::id))
                .order((posts::published_at.desc(), posts::id.desc()))
                .limit(limit)
                .into_boxed();
            select = match part {
                Part::Whole => select,
                Part::Ties(at) => select
                    .filter(posts::published_at.eq(at.key))
                    .filter(posts::id.lt(at.id)),
                Part::Below(at) => select.filter(posts::published_at.lt(at.key)),
            };
            let entries = select.load_iter::<(i64, PostId), RowByRow>(connection)?;
            walk.pass(entries)
        }
        Sort::Views => {
            let mut select = counts::table
                .select((counts::views, counts::post))
                .order((counts::views.desc(), counts::post.desc()))
                .limit(limit)
                .into_boxed();
            select = match part {
                Part::Whole => select,
                Part::Ties(at) => select
                    .filter(counts::views.eq(at.key))
                    .filter(counts::post.lt(at.id)),
                Part::Below(at) => select.filter(counts::views.lt(at.key)),
            };
            let entries = select.load_iter::<(i64, PostId), RowByRow>(connection)?;
            walk.pass(entries)
        }
        Sort::Trending => {
            let mut select = counts::table
                .select((counts::trend, counts::post))
                .order((counts::trend.desc(), counts::post.desc()))
                .limit(limit)
                .into_boxed();
            select = match part {
                Part::Whole => select,
                Part::Ties(at) => select
                    .filter(counts::trend.eq(key_trend(at.key)))
                    .filter(counts::post.lt(at.id)),
                Part::Below(at) => select.filter(counts::trend.lt(key_trend(at.key))),
            };
            let entries = select.load_iter::<(f64, PostId), RowByRow>(connection)?;
            walk.pass(entries.map(|entry| entry.map(|(trend, id)| (trend_key(trend), id))))
        }
    }
}

/// A walk through an index, looking for some posts.
struct Walk<'a> {
    posts: &'a HashSet<PostId>,
    most: usize,
    found: Vec<Cursor>,
    /// Gone through so far, for the page.
    entries: i64,
}

impl Walk<'_> {
    fn is_over(&self) -> bool {
        self.found.len() == self.most || self.entries == MAX_ENTRIES
    }

    /// Goes through these entries, until it is over.
    fn pass(
        &mut self,
        entries: impl Iterator<Item = QueryResult<(i64, PostId)>>,
    ) -> Result<(), StoreError> {
        for entry in entries {
            let (key, id) = entry?;
            self.entries += 1;
            if self.posts.contains(&id) {
                self.found.push(Cursor { key, id });
            }
            if self.is_over() {
                break;
            }
        }
        Ok(())
    }
}
