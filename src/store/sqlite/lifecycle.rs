//! SQLite from the start to the stop.

use std::time::Instant;

use diesel::connection::SimpleConnection;

use super::store::SqliteStore;
use crate::store::error::StoreError;
use crate::store::traits::LifecycleStore;

impl LifecycleStore for SqliteStore {
    fn try_writing(&self) -> Result<(), StoreError> {
        // To begin a transaction is not enough: SQLite opens what it may only read without a word.
        self.transact(|connection| Ok(connection.batch_execute("DELETE FROM posts WHERE 0")?))
    }

    fn end_waits_by(&self, deadline: Instant) {
        self.writer_slot().end_waits_by(deadline);
    }

    fn replaced(&self) -> Option<String> {
        let checked = self.check_file();
        checked.err().map(|error| error.to_string())
    }
}
