//! What a server asks of its store beside reading and writing, from its start to its stop.

use std::time::Instant;

use super::super::error::StoreError;

/// From the start to the stop.
pub trait LifecycleStore: Send + Sync {
    /// Tries whether the database can be written, without changing it.
    ///
    /// # Errors
    /// Why not; [`StoreError::Busy`] where another process is writing.
    fn try_writing(&self) -> Result<(), StoreError>;

    /// Bounds every wait for writing, those under way too: after `deadline` a write that would have to wait for another
    /// fails as busy. Called again, it changes nothing.
    fn end_waits_by(&self, deadline: Instant);

    /// What has become of the database if it was deleted or replaced since it was opened. Then nothing is written to it.
    fn replaced(&self) -> Option<String>;
}
