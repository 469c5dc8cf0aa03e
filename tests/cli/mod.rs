//! The command line.

mod check;
mod mistakes;
mod usage;
