//! What a store decides by beyond the rows it holds.

use std::time::Duration;

/// Settings of a store.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreOptions {
    /// A viewer's repeat within this time of a counted view is a duplicate. Zero counts every repeat.
    pub dedup_window: Duration,
}

impl StoreOptions {
    /// The de-duplication window in the store's unit.
    pub(super) fn dedup_window_ms(&self) -> i64 {
        i64::try_from(self.dedup_window.as_millis()).unwrap_or(i64::MAX)
    }
}
