//! Counters of what this process changed in the store. Two equal readings mean that nothing changed in between.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// The counters. They only grow.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Edits and deletions of posts, and evictions of everything.
    edits: AtomicU64,
    /// Committed batches.
    commits: AtomicU64,
    writes_started: AtomicU64,
    /// Batches written or failed.
    writes_finished: AtomicU64,
}

/// A state of the store, as far as this process can tell.
///
/// If a version is settled and equal before and after a read, nothing was committed in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    writes_started: u64,
    writes_finished: u64,
    edits: u64,
}

impl Version {
    /// Whether no batch was being written. What is read while one is may be old at once.
    pub fn is_settled(self) -> bool {
        self.writes_started == self.writes_finished
    }
}

impl Changes {
    /// Edits so far.
    pub(super) fn edits(&self) -> u64 {
        self.edits.load(SeqCst)
    }

    /// Committed batches so far.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(SeqCst)
    }

    /// Counts an edit.
    pub(super) fn on_edit(&self) {
        self.edits.fetch_add(1, SeqCst);
    }

    /// Counts a committed batch.
    pub(super) fn on_commit(&self) {
        self.commits.fetch_add(1, SeqCst);
    }

    /// Writes a batch by `write`, counting its start and its end.
    pub(super) fn during_write<T>(&self, write: impl FnOnce() -> T) -> T {
        /// Counts the end even if the write panics.
        struct Finish<'a>(&'a AtomicU64);
        impl Drop for Finish<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, SeqCst);
            }
        }
        self.writes_started.fetch_add(1, SeqCst);
        let _finish = Finish(&self.writes_finished);
        write()
    }

    /// The version now.
    pub(super) fn version(&self) -> Version {
        // In this order: equal numbers then mean that no write was under way in between.
        let writes_finished = self.writes_finished.load(SeqCst);
        Version {
            writes_started: self.writes_started.load(SeqCst),
            writes_finished,
            edits: self.edits(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_settled_only_while_no_batch_is_being_written() {
        let changes = Changes::default();
        let before = changes.version();
        assert!(before.is_settled());
        let during = changes.during_write(|| changes.version());
        assert!(!during.is_settled());
        let after = changes.version();
        assert!(after.is_settled() && after != before);
        changes.on_edit();
        assert_ne!(changes.version(), after);
    }

    #[test]
    fn a_write_that_panics_is_finished() {
        let changes = Changes::default();
        let write = std::panic::AssertUnwindSafe(|| changes.during_write(|| panic!("a test")));
        assert!(std::panic::catch_unwind(write).is_err());
        assert!(changes.version().is_settled());
    }
}
