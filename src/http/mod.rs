//! HTTP: from an accepted connection to a written response.
//!
//! The [pool] takes connections from the [listener] and keeps them in the `parking` while they wait for their client.
//! A thread of its `crew` takes one on which a request has arrived, finds its `route`, lets a handler fill the
//! response, writes it in one piece, and only then hands the view to the counters. No request waits for another
//! thread.
//!
//! What this module must not do: know which database there is, or count anything itself.

mod auth;
mod body;
mod connection;
mod correction;
mod crew;
mod date;
mod desk;
mod dispatch;
mod embed;
mod exchange;
mod gate;
mod head;
mod history;
mod json;
pub mod listener;
mod ops;
mod page;
mod parking;
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
