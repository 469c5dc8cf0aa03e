//! SQL that every database shares.
//!
//! The files here are compiled once. Those in `queries/` are compiled once for each database, as a module of it
//! (`#[path]` in `sqlite/mod.rs`): Diesel's queries are typed by the database they run on, and a function that is
//! generic over it must repeat, for each query it makes, every bound that the query's type happens to need. Compiled
//! for one database, the same source needs none, runs as if written for it, and still checks against all. What a
//! query cannot say alike everywhere comes from the database's own `backend` module.

pub(super) mod columns;
pub(super) mod errors;
pub(super) mod schema;
pub(super) mod schema_version;
pub(super) mod search_terms;
pub(super) mod statements;
pub(super) mod tags;
pub(super) mod top_ranks;
pub(super) mod trend;
