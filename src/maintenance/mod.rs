//! What runs beside the requests: noticing changes by other processes, a new salt each day, pruning old viewings, and
//! the rankings of large sites.

mod tasks;
mod threads;

pub use tasks::{OnReplaced, OnSetAside};
pub use threads::Maintenance;
