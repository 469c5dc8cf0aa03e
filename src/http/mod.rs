//! HTTP: from an accepted connection to a written response.
//!
//! A thread of the [pool] accepts a connection at the [listener] and serves it to its end: read a request, find
//! its `route`, let a handler fill the response, write it in one piece, and only then hand the view to the
//! counters. No request waits for another thread.
//!
//! What this module must not do: know which database there is, or count anything itself.

mod auth;
mod body;
mod connection;
mod correction;
mod date;
mod embed;
mod exchange;
mod gate;
mod history;
mod json;
pub mod listener;
mod ops;
mod page;
pub mod pool;
mod posts;
mod problem;
mod query;
mod response;
mod router;
mod service;
mod sockets;
mod viewer;
mod viewers;
mod views;
mod watch;

pub use auth::Auth;
pub use gate::Gate;
pub use listener::Listener;
pub use pool::Pool;
pub use service::{Limits, Service};
