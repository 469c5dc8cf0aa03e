//! Numbers that were set by hand.

use serde::Serialize;

use super::time::TimestampMs;

/// A number set by hand or brought from elsewhere, as the difference it made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Correction {
    /// When.
    pub at: TimestampMs,
    /// Views added, or taken away.
    pub views: i64,
    /// Viewers added, or taken away.
    pub viewers: i64,
    /// Why, in the words of who did it.
    pub reason: String,
}
