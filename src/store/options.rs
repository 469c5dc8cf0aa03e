//! What a store decides by beyond the rows it holds.

use std::time::Duration;

/// What a committed number survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Durability {
    /// The end of the process, however it ends. A loss of power may take the last seconds.
    #[default]
    Process,
    /// A loss of power, too: each commit waits for the disk.
    Power,
}

/// Settings of a store.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreOptions {
    /// What a commit survives.
    pub durability: Durability,
    /// The length of the windows, aligned to the clock, in each of which a viewer counts once for a post. Zero counts every
    /// repeat.
    pub dedup_window: Duration,
}
