//! A view on its way: the event a request puts on the channel, and what became of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::post::PostId;
use super::time::TimestampMs;

/// Why a read was not counted. The order is the order of the reply's `uncounted` object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The viewer's repeat inside the de-duplication window.
    Duplicate,
    /// A declared crawler.
    Bot,
    /// A browser fetching ahead of a reader.
    Prefetch,
    /// An address or viewer left out by configuration.
    Excluded,
    /// The channel was full under the overflow rule `shed`, or the post was deleted before its view was written.
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

/// What `View-Outcome` tells a reader whose request could have been a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes to the counters.
    Accepted,
    /// It goes to the ledger under this reason.
    Uncounted(Reason),
    /// The request asked not to be counted (`?count=false`, `HEAD`).
    OptedOut,
}

impl Outcome {
    /// The header's value.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Accepted => "accepted",
            Outcome::Uncounted(reason) => reason.name(),
            Outcome::OptedOut => "not-asked",
        }
    }
}

/// Who viewed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Viewer {
    /// Somebody without a name: a keyed hash of address and user agent that changes every day. Negative, so that it
    /// cannot be taken for a named viewer's number.
    Anonymous(i64),
    /// A user the site knows.
    Named(Arc<str>),
}

/// The longest name of a viewer, in characters.
pub const MAX_VIEWER_NAME: usize = 200;

/// What a request puts on the channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewEvent {
    /// The post that was read.
    pub post: PostId,
    /// When its response was written.
    pub at: TimestampMs,
    /// Who read it, if that is known and wanted. Always `None` where `uncounted` is given.
    pub viewer: Option<Viewer>,
    /// `None` for a view; otherwise the reason it is not one.
    pub uncounted: Option<Reason>,
}

/// How many events went uncounted, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Uncounted {
    /// See [`Reason::Duplicate`].
    pub duplicate: u64,
    /// See [`Reason::Bot`].
    pub bot: u64,
    /// See [`Reason::Prefetch`].
    pub prefetch: u64,
    /// See [`Reason::Excluded`].
    pub excluded: u64,
    /// See [`Reason::Dropped`].
    pub dropped: u64,
}

impl Uncounted {
    /// Adds `n` events under `reason`.
    pub fn add(&mut self, reason: Reason, n: u64) {
        *match reason {
            Reason::Duplicate => &mut self.duplicate,
            Reason::Bot => &mut self.bot,
            Reason::Prefetch => &mut self.prefetch,
            Reason::Excluded => &mut self.excluded,
            Reason::Dropped => &mut self.dropped,
        } += n;
    }

    /// The number under `reason`.
    pub fn get(&self, reason: Reason) -> u64 {
        match reason {
            Reason::Duplicate => self.duplicate,
            Reason::Bot => self.bot,
            Reason::Prefetch => self.prefetch,
            Reason::Excluded => self.excluded,
            Reason::Dropped => self.dropped,
        }
    }

    /// The sum over all reasons.
    pub fn total(&self) -> u64 {
        Reason::ALL.into_iter().map(|reason| self.get(reason)).sum()
    }
}

/// A post's numbers, or the whole site's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostStats {
    /// Views counted.
    pub views: i64,
    /// Distinct viewers, summed over posts.
    pub viewers: i64,
    /// What was not counted, and why.
    pub uncounted: Uncounted,
}

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
