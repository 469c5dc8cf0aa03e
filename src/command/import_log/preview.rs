//! What a dry run would do to each post.

use std::collections::HashMap;
use std::fmt;

use crate::command::retry::retry_while_busy;
use crate::model::{PostId, PostKey, PostStats};
use crate::store::{Store, StoreError};

/// Posts that are shown.
const ROWS: usize = 20;

/// The numbers of the posts that logs name, before the import.
#[derive(Default)]
pub(super) struct Preview {
    before: HashMap<PostId, (String, PostStats)>,
}

/// What an import adds to a post.
struct Row {
    slug: String,
    views: i64,
    viewers: i64,
    duplicates: u64,
    bots: u64,
}

/// The posts that an import adds most to.
pub(super) struct Table {
    rows: Vec<Row>,
    more: usize,
}

impl Preview {
    /// Notes a post's numbers, unless they are noted.
    pub(super) fn note(
        &mut self,
        store: &dyn Store,
        post: PostId,
        slug: &str,
    ) -> Result<(), StoreError> {
        if !self.before.contains_key(&post)
            && let Some((_, stats)) = retry_while_busy(|| store.tally(PostKey::Id(post)))?
        {
            self.before.insert(post, (slug.to_owned(), stats));
        }
        Ok(())
    }

    /// What has changed since.
    pub(super) fn table(self, store: &dyn Store) -> Result<Table, StoreError> {
        let mut rows = Vec::new();
        for (post, (slug, before)) in self.before {
            let Some((_, after)) = retry_while_busy(|| store.tally(PostKey::Id(post)))? else {
                continue;
            };
            if after != before {
                rows.push(Row {
                    slug,
                    views: after.views - before.views,
                    viewers: after.viewers - before.viewers,
                    duplicates: after.uncounted.duplicate - before.uncounted.duplicate,
                    bots: after.uncounted.bot - before.uncounted.bot,
                });
            }
        }
        rows.sort_unstable_by(|a, b| b.views.cmp(&a.views).then_with(|| a.slug.cmp(&b.slug)));
        let more = rows.len().saturating_sub(ROWS);
        rows.truncate(ROWS);
        Ok(Table { rows, more })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>10} {:>10} {:>10} {:>10}  post",
            "views", "viewers", "duplicate", "bot"
        )?;
        for row in &self.rows {
            write!(
                f,
                "\n{:>10} {:>10} {:>10} {:>10}  {}",
                row.views, row.viewers, row.duplicates, row.bots, row.slug
            )?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\n… and {more} more"),
        }
    }
}
