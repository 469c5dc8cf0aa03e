//! The command line.

mod backup;
mod check;
mod mistakes;
mod top;
mod usage;
