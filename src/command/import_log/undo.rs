//! `import log --undo`: takes imported logs back.

use std::fmt;
use std::path::Path;

use super::comparison::Comparison;
use super::failure::Failure;
use crate::command::retry::retry_while_busy;
use crate::import::log::Source;
use crate::store::{Store, StoreError, UndoneLog};

/// Takes the log back that begins like a file; it may have grown since, or be compressed.
pub(super) fn undo(store: &dyn Store, file: &Path) -> Result<UndoneLog, Failure> {
    let mut source = Source::open(file)?;
    if source.size().is_none() {
        return Err(Failure::Log(
            "it is no file; standard input and pipes are not remembered, so that they cannot be taken back"
                .to_owned(),
        ));
    }
    let compared = Comparison::of(store, &mut source)?;
    let Some(log) = compared.known() else {
        return Err(Failure::Log(
            if compared.prefix.too_short {
                "it is shorter than the log that was imported; name that one, whole"
            } else {
                "no log that begins with this content was imported into this store; look at --store"
            }
            .to_owned(),
        ));
    };
    match retry_while_busy(|| store.undo_log(log.id)) {
        Ok(undone) => Ok(undone),
        Err(StoreError::Refused(why)) => Err(Failure::Log(why)),
        Err(error) => Err(Failure::Store(error)),
    }
}

/// What was taken back, over all logs.
#[derive(Debug, Default)]
pub(super) struct UndoReport {
    logs: u64,
    sum: UndoneLog,
    pub(super) failed: u64,
}

impl UndoReport {
    /// Adds what was taken back with one log.
    pub(super) fn add(&mut self, undone: UndoneLog) {
        self.logs += 1;
        self.sum.views += undone.views;
        self.sum.viewers += undone.viewers;
        self.sum.uncounted.bot += undone.uncounted.bot;
        self.sum.uncounted.duplicate += undone.uncounted.duplicate;
        self.sum.uncounted.dropped += undone.uncounted.dropped;
        self.sum.now_counted += undone.now_counted;
        self.sum.posts += undone.posts;
        self.sum.posts_kept += undone.posts_kept;
    }
}

impl fmt::Display for UndoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UndoReport { logs, sum, failed } = self;
        write!(
            f,
            "taken back: {} views, {} viewers, {} bot, {} duplicate; ",
            sum.views, sum.viewers, sum.uncounted.bot, sum.uncounted.duplicate
        )?;
        if sum.uncounted.dropped > 0 {
            write!(f, "{} of deleted posts; ", sum.uncounted.dropped)?;
        }
        if sum.now_counted > 0 {
            write!(
                f,
                "counted instead: {} views of other logs that repeated these; ",
                sum.now_counted
            )?;
        }
        write!(f, "posts: {} removed", sum.posts)?;
        if sum.posts_kept > 0 {
            write!(
                f,
                ", {} kept, which have other views or were changed",
                sum.posts_kept
            )?;
        }
        write!(f, "; logs: {logs} taken back, {failed} failed")
    }
}
