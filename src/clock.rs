//! The wall clock, in the store's unit.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::TimestampMs;

/// Now. A clock set before 1970 reads as 1970.
pub fn now() -> TimestampMs {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    TimestampMs(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
