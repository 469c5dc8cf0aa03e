//! PostgreSQL: its connections, its schema, its locks; and the shared queries, compiled for it.

mod backend;
mod batch;
mod connect;
mod deadlines;
mod elsewhere;
mod lifecycle;
mod location;
mod locks;
mod migrate;
mod pool;
#[path = "../sql/queries/mod.rs"]
mod queries;
mod search_check;
mod search_index;
mod socket;
mod store;

pub use location::PostgresLocation;
pub use store::PostgresStore;
