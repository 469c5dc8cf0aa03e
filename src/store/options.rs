//! What a store decides by beyond the rows it holds.

use std::time::Duration;

/// Settings of a store.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreOptions {
    /// The length of the windows, aligned to the clock, in each of which a viewer counts once for a post. Zero counts every
    /// repeat.
    pub dedup_window: Duration,
}
