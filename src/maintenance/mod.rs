//! What runs beside the requests: noticing changes by other processes, a new salt each day, pruning old viewings, giving
//! memory back, and the rankings of large sites.

mod free_memory;
mod tasks;
mod threads;

#[cfg(feature = "internals")]
pub use free_memory::FreeMemory;
pub use tasks::{OnReplaced, OnSetAside};
pub use threads::Maintenance;
