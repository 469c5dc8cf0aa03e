//! The rows a batch writes, and what they come to.

use std::collections::HashMap;

use diesel::prelude::*;

use super::super::backend::DbConnection;
use super::super::queries::log_batch::LogBatch;
use super::super::queries::{forgotten, site_numbers};
use super::log_share;
use crate::model::{DedupWindow, LedgerEntry, PostId, SITE, ViewingKey, Visit};
use crate::sink::BatchResult;
use crate::store::error::StoreError;
use crate::store::sql::columns::to_column;
use crate::store::sql::schema::{forgotten_viewers, viewers};
use crate::store::sql::statements::{AddHour, AddToLedger, AddWindow};

/// A batch being written.
pub(super) struct BatchWriter<'a, 'b> {
    pub(super) connection: &'a mut DbConnection,
    /// What decides about repeats.
    pub(super) window: DedupWindow,
    /// The log that it is of, if it is of one.
    pub(super) log: Option<LogBatch>,
    /// Views by hour over all posts of the batch.
    pub(super) site_hours: Vec<(i64, u64)>,
    /// What the batch adds to the numbers of its posts.
    pub(super) added: site_numbers::Added,
    pub(super) result: BatchResult,
    /// The batch's named viewers.
    named: HashMap<&'b str, NamedViewer>,
    /// Whether any viewer was forgotten of whom an event may come; asked for with the first named viewer.
    any_forgotten: Option<bool>,
}

/// What the store knows of a name.
#[derive(Clone, Copy)]
struct NamedViewer {
    /// `None` until it is asked for.
    id: Option<i64>,
    /// When the last viewer of that name was forgotten.
    forgotten_at: i64,
}

impl<'a, 'b> BatchWriter<'a, 'b> {
    /// Writes to `connection`; expects views of about `posts` posts.
    pub(super) fn new(
        connection: &'a mut DbConnection,
        window: DedupWindow,
        log: Option<LogBatch>,
        posts: usize,
    ) -> BatchWriter<'a, 'b> {
        let mut result = BatchResult::default();
        result.totals.reserve(posts);
        BatchWriter {
            connection,
            window,
            log,
            site_hours: Vec::new(),
            added: site_numbers::Added::default(),
            result,
            named: HashMap::new(),
            any_forgotten: None,
        }
    }

    /// How many of a visit's reads count, and how many repeat one that counted in the same window.
    pub(super) fn count(
        &mut self,
        post: PostId,
        viewer: i64,
        visit: &Visit,
    ) -> Result<(u64, u64), StoreError> {
        let Some(start) = self.window.start(visit.first) else {
            return Ok((visit.count, 0));
        };
        let window = AddWindow {
            post,
            viewer,
            start,
        };
        // A window that is there already is left as it is.
        let counted = window.execute(self.connection)? > 0;
        if let Some(log) = self.log {
            let window = (post, viewer, start);
            log_share::add_window(self.connection, log, window, visit.first, counted)?;
        }
        let counted = u64::from(counted);
        Ok((counted, visit.count - counted))
    }

    /// The time up to which a viewer's reads are of nobody any more: the least there is, for one who was not forgotten.
    pub(super) fn forgotten_at(&mut self, viewer: ViewingKey<'b>) -> Result<i64, StoreError> {
        match viewer {
            ViewingKey::Anonymous(_) => Ok(i64::MIN),
            ViewingKey::Named(name) => Ok(self.named(name)?.forgotten_at),
        }
    }

    /// A viewer's id. A named viewer who has none gets one.
    pub(super) fn viewer_id(&mut self, viewer: ViewingKey<'b>) -> Result<i64, StoreError> {
        let name = match viewer {
            ViewingKey::Anonymous(id) => return Ok(id),
            ViewingKey::Named(name) => name,
        };
        let known = self.named(name)?;
        if let Some(id) = known.id {
            return Ok(id);
        }
        let found: Option<i64> = viewers::table
            .filter(viewers::name.eq(name))
            .select(viewers::id)
            .get_result(self.connection)
            .optional()?;
        let id = match found {
            Some(id) => id,
            None => diesel::insert_into(viewers::table)
                .values(viewers::name.eq(name))
                .returning(viewers::id)
                .get_result(self.connection)?,
        };
        if let Some(known) = self.named.get_mut(name) {
            known.id = Some(id);
        }
        Ok(id)
    }

    fn named(&mut self, name: &'b str) -> Result<NamedViewer, StoreError> {
        if let Some(&known) = self.named.get(name) {
            return Ok(known);
        }
        let any_forgotten = match self.any_forgotten {
            Some(any) => any,
            None => *self.any_forgotten.insert(forgotten::any(self.connection)?),
        };
        let forgotten_at = match any_forgotten {
            true => forgotten_at(self.connection, name)?,
            false => None,
        };
        let known = NamedViewer {
            id: None,
            forgotten_at: forgotten_at.unwrap_or(i64::MIN),
        };
        self.named.insert(name, known);
        Ok(known)
    }

    /// Adds views to an hour of a post.
    pub(super) fn add_hour(
        &mut self,
        post: PostId,
        hour: i64,
        views: u64,
    ) -> Result<(), StoreError> {
        if views > 0 {
            let views = to_column(views);
            AddHour { post, hour, views }.execute(self.connection)?;
            if let Some(log) = self.log.filter(|_| post != SITE) {
                log_share::add_hour(self.connection, log, post, hour, views)?;
            }
        }
        Ok(())
    }

    /// Adds uncounted events to the ledger.
    pub(super) fn add_to_ledger(&mut self, entry: LedgerEntry) -> Result<(), StoreError> {
        AddToLedger {
            post: entry.post,
            day: entry.day,
            reason: entry.reason.name(),
            count: to_column(entry.count),
        }
        .execute(self.connection)?;
        if let Some(log) = self.log {
            log_share::add_to_ledger(self.connection, log, entry)?;
        }
        self.result.uncounted.add(entry.reason, entry.count);
        Ok(())
    }

    /// Adds what the batch comes to to the site's hours and numbers: last, for every batch writes these rows.
    pub(super) fn finish(mut self) -> Result<BatchResult, StoreError> {
        for (hour, n) in std::mem::take(&mut self.site_hours) {
            self.add_hour(SITE, hour, n)?;
        }
        self.added.uncounted = self.result.uncounted;
        site_numbers::add(self.connection, &self.added)?;
        Ok(self.result)
    }
}

/// Adds to a list of sums that is in the order of its keys.
pub(super) fn add(sums: &mut Vec<(i64, u64)>, key: i64, n: u64) {
    if n == 0 {
        return;
    }
    match sums.binary_search_by_key(&key, |(known, _)| *known) {
        Ok(index) => sums[index].1 += n,
        Err(index) => sums.insert(index, (key, n)),
    }
}

/// When the last viewer of a name was.
fn forgotten_at(connection: &mut DbConnection, name: &str) -> Result<Option<i64>, StoreError> {
    Ok(forgotten_viewers::table
        .find(forgotten::hash(name))
        .select(forgotten_viewers::at)
        .get_result(connection)
        .optional()?)
}
