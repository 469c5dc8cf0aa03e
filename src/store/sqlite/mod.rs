//! SQLite: its connections, its schema, its one writer; and the shared queries, compiled for it.

mod backend;
mod batch;
mod copy;
mod existing;
mod file;
mod lifecycle;
mod migrate;
#[path = "../sql/queries/mod.rs"]
mod queries;
mod readers;
mod search_check;
mod search_expression;
mod search_fill;
mod search_index;
mod store;
mod writer;
mod writer_slot;

pub use copy::{copy, version};
pub use store::SqliteStore;
