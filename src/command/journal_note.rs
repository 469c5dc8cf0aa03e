//! What the journal of a database holds that its numbers do not have yet.

use std::fmt;

use crate::journal::{self, JournalFolder};
use crate::store::{Store, StoreUrl};

/// Events in journals that are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JournalNote {
    /// Of runs that have ended.
    ended: u64,
    /// Of a server that runs.
    living: u64,
}

impl JournalNote {
    /// Reads the journals beside a database; `None` if all they hold is counted.
    ///
    /// # Errors
    /// When they, or the database, cannot be read.
    pub(super) fn read(url: &StoreUrl, store: &dyn Store) -> anyhow::Result<Option<JournalNote>> {
        let Some(files) = url.files() else {
            return Ok(None);
        };
        let Some(id) = store.known_database_id()? else {
            return Ok(None);
        };
        let folder = JournalFolder::of(files, id);
        let (ended, living) = journal::pending(&folder, store)?;
        Ok((ended + living > 0).then_some(JournalNote { ended, living }))
    }
}

impl fmt::Display for JournalNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.living > 0 {
            write!(
                f,
                "the journal has {} views that the running server is about to count",
                self.living
            )?;
        }
        if self.ended > 0 {
            let and = if self.living > 0 { "; " } else { "" };
            write!(
                f,
                "{and}the journal has {} views of a server that was killed or could not write; viewtally serve counts them when it starts",
                self.ended
            )?;
        }
        Ok(())
    }
}
