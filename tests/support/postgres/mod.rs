//! A private PostgreSQL: its own folder, port and processes, gone with the test process however that ends.
//!
//! The machine's own instance is never touched. It stands on std and tempfile alone, for the library's unit tests
//! take this folder in as well, by its path. Every wait has a deadline.

#![allow(
    dead_code,
    unused_imports,
    reason = "each that takes this folder in uses a part of it"
)]

mod address;
mod instance;
mod programs;
mod run;
mod shared;
mod watcher;

pub use address::{USER, free_port, url};
pub use instance::Postgres;
pub use programs::MISSING;
pub use shared::shared;
pub use watcher::watch_with;
