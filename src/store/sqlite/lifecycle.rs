//! SQLite from the start to the stop.

use std::time::Instant;

use super::store::SqliteStore;
use crate::store::traits::LifecycleStore;

impl LifecycleStore for SqliteStore {
    fn end_waits_by(&self, deadline: Instant) {
        self.writer_slot().end_waits_by(deadline);
    }

    fn replaced(&self) -> Option<String> {
        let checked = self.check_file();
        checked.err().map(|error| error.to_string())
    }
}
