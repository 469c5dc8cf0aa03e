//! The integration tests: the real executable, real sockets, a real database.
//!
//! One binary, so that there is one link step. A folder per topic, tests named as sentences. Every server
//! listens on port 0 in a temporary directory and is killed when its handle drops; every wait has a deadline and
//! polls a condition, none sleeps and hopes. Slow tests are ignored by default: `make test-long` runs them.

#![forbid(unsafe_code)]

mod support;

mod addresses;
mod api;
mod attacks;
mod auth;
mod cli;
#[cfg(feature = "postgres")]
mod cluster;
mod compat;
mod counting;
mod embed;
mod http;
mod import;
mod journal;
mod operation;
mod packaging;
mod pages;
mod posts;
#[cfg(feature = "queue")]
mod queue;
mod rules;
mod serving;
mod soak;
mod stop;
mod viewers;
mod writing;
