//! Where a post is found, for lists of addresses.

use super::time::TimestampMs;

/// A post's address, and when what is there last changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostAddress {
    /// Its name in addresses.
    pub slug: String,
    /// When its content last changed.
    pub updated_at: TimestampMs,
}
