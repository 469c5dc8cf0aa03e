//! A complete store.

use super::lifecycle::LifecycleStore;
use super::maintenance::MaintenanceStore;
use super::posts::PostStore;
use super::stats::StatsStore;
use super::transfer::TransferStore;
use super::viewers::ViewerStore;
use crate::sink::{JournalSink, QueueStore};

/// Everything a store does. Implemented by whatever implements its parts; all their methods are callable on a
/// `dyn Store`.
pub trait Store:
    PostStore
    + StatsStore
    + ViewerStore
    + TransferStore
    + MaintenanceStore
    + LifecycleStore
    + JournalSink
    + QueueStore
{
}

impl<T> Store for T where
    T: PostStore
        + StatsStore
        + ViewerStore
        + TransferStore
        + MaintenanceStore
        + LifecycleStore
        + JournalSink
        + QueueStore
{
}
