//! What an operator sees.

mod full_disk;
mod monitoring;
mod startup;
