//! What a store can do, in one trait for each group of its users.
//!
//! Every method may fail with [`StoreError::Busy`](super::StoreError::Busy) or
//! [`StoreError::Unavailable`](super::StoreError::Unavailable); the methods name only the errors beyond those.

mod lifecycle;
mod maintenance;
mod posts;
mod stats;
mod transfer;
mod viewers;
mod whole;

pub use lifecycle::LifecycleStore;
pub use maintenance::{ChangedElsewhere, MaintenanceStore};
pub use posts::PostStore;
pub use stats::{MAX_NUMBER, Ranked, StatsStore};
pub use transfer::TransferStore;
pub use viewers::ViewerStore;
pub use whole::Store;
