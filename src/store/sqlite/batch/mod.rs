//! Applying a batch: row by row, by statements that stay prepared. SQLite is in this process, so a statement costs no way
//! to a server.

mod apply;
mod log_share;
mod post;
mod writer;

pub use apply::{apply, apply_of_log};
