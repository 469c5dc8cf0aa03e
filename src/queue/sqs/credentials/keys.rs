//! The keys that sign.

use std::fmt;

use crate::model::TimestampMs;

/// An access key and its secret, which no log shows.
#[derive(Clone, PartialEq, Eq)]
pub(in super::super) struct Credentials {
    pub access_key: String,
    pub secret: String,
    /// What goes with keys that are good for a while.
    pub token: Option<String>,
    /// When they are not good any more.
    pub expires: Option<TimestampMs>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key", &self.access_key)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
