//! Why a read was not counted.

use serde::{Deserialize, Serialize};

/// Why a read was not counted. The order is the order of the reply's `uncounted` object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The viewer's view is a repeat within the de-duplication window.
    Duplicate,
    /// The client is a declared crawler.
    Bot,
    /// A browser prefetches the post.
    Prefetch,
    /// The client is excluded by configuration.
    Excluded,
    /// The channel was full under the overflow policy `shed`, the post was deleted before its view was written, or a window
    /// decides about repeats and there was no memory for the viewer who would tell one.
    Dropped,
}

impl Reason {
    /// Every reason, in order.
    pub const ALL: [Reason; 5] = [
        Reason::Duplicate,
        Reason::Bot,
        Reason::Prefetch,
        Reason::Excluded,
        Reason::Dropped,
    ];

    /// The word used in the ledger, in replies and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Duplicate => "duplicate",
            Reason::Bot => "bot",
            Reason::Prefetch => "prefetch",
            Reason::Excluded => "excluded",
            Reason::Dropped => "dropped",
        }
    }

    /// The reason of that name, if it is one.
    pub fn from_name(name: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.name() == name)
    }
}
