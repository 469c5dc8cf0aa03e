//! viewtally serves posts and counts their views without ever making a reader wait for the counting.
//!
//! # The way of the data
//!
//! ```text
//! client ─► http/listener ─► http/pool      a connection is parked until a request arrives; a thread takes it
//!             └► http/router ─► handler ─► store/cache ─(miss)─► store
//!             └► response written, in one piece
//!             └► counter/event_sender         one bounded channel; full → the overflow rule
//!                   └► counter/worker ─► model/batch ─► store   one transaction
//! ```
//!
//! # Invariants
//!
//! - A read waits for no lock that counting holds, and for no database but on a cache miss.
//! - An event is in exactly one place: the channel, the overflow, one counter's batch, the store, or a spill file.
//!   It leaves each only when it is in the next.
//! - Every queue has a bound and a rule for being full; every wait has a deadline; every thread has a name, and is
//!   ended in [`shutdown`].
//! - `model` knows nothing else of the crate, `store` only the model, `counter` the store by its trait alone, and
//!   `http` no database. `tests/tidy.rs` holds this.
//!
//! # Modules, in reading order
//!
//! [`cli`] and [`config`] (what was asked), [`app`] (the start), [`http`], `embed` (what other sites show), [`counter`],
//! [`store`], [`model`], [`import`] and [`command`] (the other commands), [`shutdown`] (the stop).

pub mod app;
pub mod cli;
mod clock;
pub mod command;
pub mod config;
pub mod counter;
mod embed;
pub mod fd_limit;
pub mod http;
pub mod import;
mod maintenance;
pub mod metrics;
pub mod model;
pub mod rules;
pub mod shutdown;
pub mod store;
#[cfg(test)]
mod test_support;
mod thread;
