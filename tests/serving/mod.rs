//! Connections, requests and responses, whatever clients do.

mod blocked_workers;
mod connections;
mod hostile_input;
mod http_semantics;
mod latency;
mod regression;
mod regression_clients;
mod timeouts;
