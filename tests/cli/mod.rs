//! The command line.

mod check;
mod usage;
