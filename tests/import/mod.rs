//! Posts, logs and numbers that come from elsewhere.

mod addresses;
mod counts;
mod export;
mod log;
mod log_formats;
mod log_refusals;
mod log_undo;
mod log_windows;
mod numbers;
mod numbers_damaged;
mod post_failures;
mod posts;
mod real_logs;
pub mod real_posts;
mod running_server;
