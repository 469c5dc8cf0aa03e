//! The connection that writes.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::readers::{BUSY_TIMEOUT, set_up};
use crate::store::error::StoreError;
use crate::store::options::Durability;

/// A connection for writing, and the state of the database it last saw.
pub struct Writer {
    /// The connection.
    pub connection: SqliteConnection,
    data_version: i64,
    busy_timeout: Duration,
    /// Whether the log may hold what was erased. So it may after a crash, or where another connection broke.
    log_holds_erased: bool,
}

impl Writer {
    /// Opens a connection for writing.
    pub fn connect(url: &str, durability: Durability) -> Result<Writer, StoreError> {
        let mut connection = SqliteConnection::establish(url)
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        set_up(&mut connection)?;
        // NORMAL: a commit survives the end of the process, and the database survives a loss of power, which may take
        // the last commits. The cache is larger than a reader's: a batch touches pages all over the tables.
        connection.batch_execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000; \
             PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;",
        )?;
        if durability == Durability::Power {
            connection.batch_execute("PRAGMA synchronous = FULL;")?;
        }
        let mut writer = Writer {
            connection,
            data_version: 0,
            busy_timeout: BUSY_TIMEOUT,
            log_holds_erased: true,
        };
        writer.poll_changed_elsewhere()?;
        Ok(writer)
    }

    /// Sets how long a statement waits for another process's lock.
    pub fn set_busy_timeout(&mut self, timeout: Duration) -> Result<(), StoreError> {
        if self.busy_timeout != timeout {
            let pragma = format!("PRAGMA busy_timeout = {};", timeout.as_millis());
            self.connection.batch_execute(&pragma)?;
            self.busy_timeout = timeout;
        }
        Ok(())
    }

    /// Whether another process has written since the last call.
    pub fn poll_changed_elsewhere(&mut self) -> Result<bool, StoreError> {
        #[derive(QueryableByName)]
        struct DataVersion {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            data_version: i64,
        }
        let row: DataVersion =
            diesel::sql_query("PRAGMA data_version").get_result(&mut self.connection)?;
        let before = std::mem::replace(&mut self.data_version, row.data_version);
        Ok(before != row.data_version)
    }

    /// Gives back the memory of pages that a large batch has brought into the cache.
    pub fn shrink_cache(&mut self) -> Result<(), StoreError> {
        Ok(self.connection.batch_execute("PRAGMA shrink_memory;")?)
    }

    /// Writes the log to the database, and empties it. Returns whether it is empty.
    pub fn empty_log(&mut self) -> Result<bool, StoreError> {
        #[derive(QueryableByName)]
        struct Checkpoint {
            #[diesel(sql_type = diesel::sql_types::Integer)]
            busy: i32,
        }
        let row: Checkpoint = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)")
            .get_result(&mut self.connection)?;
        Ok(row.busy == 0)
    }

    /// Runs `work` in one transaction whose deletions leave nothing behind: SQLite overwrites what is deleted, and
    /// empties the log that still has it if `work` says that it deleted something. Not for every write, which it would
    /// slow down.
    pub fn erase<T>(
        &mut self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<(T, bool), StoreError>,
    ) -> Result<T, StoreError> {
        let connection = &mut self.connection;
        connection.batch_execute("PRAGMA secure_delete = ON;")?;
        let result = connection.immediate_transaction(work);
        connection.batch_execute("PRAGMA secure_delete = OFF;")?;
        let (answer, deleted) = result?;
        if deleted {
            // A reader may hold it up; what is deleted is committed whatever comes of this.
            self.log_holds_erased = !self.empty_log().unwrap_or(false);
        }
        Ok(answer)
    }

    /// Empties the log of what was erased, if a reader has kept it from being emptied. Waits for nobody; to be called
    /// from time to time.
    pub fn finish_erasing(&mut self) -> Result<(), StoreError> {
        if !self.log_holds_erased {
            return Ok(());
        }
        let busy_timeout = self.busy_timeout;
        self.set_busy_timeout(Duration::ZERO)?;
        let emptied = self.empty_log();
        self.set_busy_timeout(busy_timeout)?;
        self.log_holds_erased = !emptied?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log_length(database: &std::path::Path) -> u64 {
        let log = format!("{}-wal", database.display());
        std::fs::metadata(log).unwrap().len()
    }

    #[test]
    fn what_a_reader_keeps_in_the_log_is_erased_once_it_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mut writer = Writer::connect(path.to_str().unwrap(), Durability::Process).unwrap();
        let setup = "CREATE TABLE salts (salt TEXT); INSERT INTO salts VALUES ('secret');";
        writer.connection.batch_execute(setup).unwrap();
        writer.set_busy_timeout(Duration::ZERO).unwrap();
        let mut reader = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        let begin = "BEGIN; SELECT count(*) FROM salts;";
        reader.batch_execute(begin).unwrap();
        let delete = |connection: &mut SqliteConnection| {
            connection.batch_execute("DELETE FROM salts")?;
            Ok(((), true))
        };
        writer.erase(delete).unwrap();
        writer.finish_erasing().unwrap();
        assert!(log_length(&path) > 0, "the reader still reads it");
        reader.batch_execute("COMMIT").unwrap();
        writer.finish_erasing().unwrap();
        assert_eq!(log_length(&path), 0);
    }
}
