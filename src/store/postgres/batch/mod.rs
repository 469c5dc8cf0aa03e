//! Applying a batch in a constant number of statements, whatever its size: each writes all rows of a table from arrays.
//!
//! Batches of all nodes are applied side by side, so each takes its locks in the same order: names, the rows of `counts` by
//! post, which protect all other rows of these posts, and last the rows that every batch writes.

mod apply;
mod names;
mod rows;
mod runs;
mod visits;
mod write;

pub use apply::{apply, apply_of_log};
