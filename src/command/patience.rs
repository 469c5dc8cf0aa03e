//! Commands wait for a server that is writing to the same database.

use std::time::{Duration, Instant};

use crate::store::StoreError;

/// How long. A server's transactions are short; what holds the database longer is something to tell about.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between tries, each of which has itself waited for the lock.
const PAUSE: Duration = Duration::from_millis(50);

/// Tries again as long as the store is busy.
pub(super) fn retry_while_busy<T>(
    mut work: impl FnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let start = Instant::now();
    loop {
        match work() {
            Err(StoreError::Busy(_)) if start.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
            result => return result,
        }
    }
}
