//! Posts in memory, ready to be sent: a read-through cache in front of a store, bounded in bytes.

mod cached_page;
mod cached_post;
mod cached_store;
mod changes;
mod queue_store;
mod referrer_counts;

pub use cached_page::{CachedPage, Gap};
pub use cached_post::{CachedPost, JSON_BETWEEN, JSON_END};
pub use cached_store::CachedStore;
pub use changes::Version;
