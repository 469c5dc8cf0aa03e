//! A password, which no log shows.

use std::fmt;

/// Text that is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}
