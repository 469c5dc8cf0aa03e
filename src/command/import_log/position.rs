//! How far one log is imported.

use crate::import::log::Fingerprint;
use crate::store::KnownLog;

/// How far one log is imported.
pub(super) struct LogPosition {
    /// The hash of its first line; `None` for a stream, whose position is not stored.
    pub(super) head: Option<String>,
    pub(super) known: KnownLog,
    /// What was read of it, in bytes and hash.
    pub(super) read: Fingerprint,
    /// Bytes whose lines are in the store.
    pub(super) committed: u64,
    pub(super) lines: u64,
}
