//! How a command ended.

use crate::shutdown::Unwritten;

/// How a command ended that did not fail.
#[derive(Debug)]
pub enum Status {
    /// Everything was done.
    Success,
    /// A part was done; each failure was reported when it happened.
    Partial,
    /// The server stopped with events that it could not write.
    Unwritten(Unwritten),
}

impl Status {
    /// The status of a command some of whose parts may have failed.
    pub(super) fn of_failures(failed: u64) -> Status {
        if failed == 0 {
            Status::Success
        } else {
            Status::Partial
        }
    }
}
