//! What every test stands on: a server to start, a client to ask it with, a load to put on it, its database to read.

pub mod attack;
pub mod browser;
pub mod db;
pub mod http;
pub mod load;
pub mod lock;
pub mod patience;
pub mod problem;
pub mod process;
pub mod raw;
pub mod seed;
pub mod server;
pub mod site;

pub use db::Database;
pub use http::{Client, Response};
pub use load::{Load, Tally};
pub use lock::Lock;
pub use patience::{PATIENCE, let_pass, twice, until};
pub use problem::{assert_no_internals, assert_problem};
pub use process::{Finished, Signal};
pub use server::{Home, Server};
