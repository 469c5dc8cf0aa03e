//! What an operator sees.

mod full_disk;
mod monitoring;
mod replaced_database;
mod service_manager;
mod startup;
