//! Each answered read is counted, or is in the ledger with its reason.

mod deduplication;
mod large_numbers;
mod locked_database;
mod overflow;
mod series;
mod served_in_any_order;
mod slow_store;
mod views;
