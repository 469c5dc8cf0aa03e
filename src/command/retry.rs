//! Retries while a server is writing to the same database.

use std::time::{Duration, Instant};

use crate::store::StoreError;

/// A server's transactions are short: a database that is locked for longer is reported.
const LIMIT: Duration = Duration::from_secs(30);

/// The time between two tries, each of which has itself waited for the lock.
const PAUSE: Duration = Duration::from_millis(50);

/// Calls `work` again while the store is busy, for at most 30 seconds.
pub(super) fn retry_while_busy<T>(
    mut work: impl FnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let start = Instant::now();
    loop {
        match work() {
            Err(StoreError::Busy(_)) if start.elapsed() < LIMIT => std::thread::sleep(PAUSE),
            result => return result,
        }
    }
}
