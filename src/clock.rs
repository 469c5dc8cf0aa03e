//! The wall clock, in the store's unit.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::TimestampMs;

/// The current time; at least 1970-01-01.
pub fn now() -> TimestampMs {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    TimestampMs(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
