//! The queries, compiled once for each database: the module that includes this folder supplies `backend`, with the
//! connection's type and what SQL does not say alike everywhere.
//!
//! `stores/` implements the store's traits by them; everything else here is a function from a connection and values
//! to values, inside a transaction of the caller's.

#![cfg_attr(
    feature = "postgres",
    allow(clippy::duplicate_mod, reason = "that is the idea")
)]

mod addresses;
mod addresses_check;
pub(super) mod applied_batches;
mod brought_numbers;
mod corrections;
pub(super) mod counted_windows;
mod deleted_posts;
mod drains;
mod export;
mod export_logs;
mod export_rows;
mod few_positions;
mod findings;
pub(super) mod forgotten;
mod hourly;
mod impossible;
mod integrity;
pub(super) mod journals;
mod last_ids;
mod live_posts;
pub(super) mod log_batch;
mod log_imports;
mod log_key;
mod log_undo;
mod log_undo_check;
mod meta;
mod neighbours;
mod numbers;
mod page_posts;
mod paging;
mod post_filter;
mod post_import;
mod post_list;
mod posts;
mod queue_messages;
mod queue_partitions;
mod queue_set_aside;
mod rank;
mod referrers;
mod referrers_check;
mod removed_hours;
mod removed_hours_check;
mod repair;
mod restore;
mod restore_row;
mod salts;
pub(super) mod site_numbers;
mod spills;
mod stats;
mod stores;
mod trends;
mod viewer_removal;
mod viewings;

use super::backend;
