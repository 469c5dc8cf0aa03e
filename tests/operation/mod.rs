//! What an operator sees.

mod monitoring;
mod startup;
