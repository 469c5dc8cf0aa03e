//! How a stop went.

use super::time::TimestampMs;

/// How a stop went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrainRecord {
    /// When it ended.
    pub at: TimestampMs,
    /// How long it took, in milliseconds.
    pub took: i64,
    /// Events written while the server ran.
    pub written: u64,
    /// Events that could not be.
    pub unwritten: u64,
}
