//! Each answered read is counted, or is in the ledger with its reason.

mod deduplication;
mod locked_database;
mod overflow;
mod series;
mod slow_store;
mod views;
