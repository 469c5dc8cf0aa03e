//! Retries while a server is writing to the same database.

use std::time::Duration;

use crate::store::StoreError;
use crate::thread;

/// A server's transactions are short: a database that is locked for longer is reported.
const LIMIT: Duration = Duration::from_secs(30);

/// Calls `work` again while the store is busy, for at most 30 seconds.
pub(super) fn retry_while_busy<T>(
    work: impl FnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    thread::retry(LIMIT, |error| matches!(error, StoreError::Busy(_)), work)
}
