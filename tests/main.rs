//! The integration tests: the real executable, real sockets, a real database.
//!
//! One binary, so that there is one link step. A module per behaviour, tests named as sentences. Every server
//! listens on port 0 in a temporary directory and is killed when its handle drops; every wait has a deadline and
//! polls a condition, none sleeps and hopes. Slow tests are ignored by default: `make test-long` runs them.

#![forbid(unsafe_code)]

mod support;

mod attacks;
mod auth;
mod check;
mod cli;
mod connections;
mod counting;
mod crash;
mod cursor;
mod drain;
mod drain_spill;
mod embed;
mod embed_browser;
mod export;
mod held_up;
mod history;
mod hostile;
mod http;
mod http_edge;
mod import_counts;
mod import_data;
mod import_log;
mod import_log_data;
mod import_posts;
mod listing;
mod locked_store;
mod ops;
mod overflow;
mod posts;
mod rankings;
mod readme;
mod regression;
mod regression_clients;
mod repeats;
mod response_time;
mod self_check;
mod slow_sink;
mod startup;
mod tidy;
mod viewers;
