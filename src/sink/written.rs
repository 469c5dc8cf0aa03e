//! What became of a batch that a sink took.

use crate::model::{PostId, Uncounted};

/// What became of a batch.
#[derive(Clone, Debug)]
pub enum Written {
    /// It is counted.
    Applied(BatchResult),
    /// It is put down for good and will be counted, under this number: nothing is to be written again, and the numbers come
    /// later.
    Durable(u64),
}

impl Written {
    /// What the batch changed, if it is counted already.
    pub fn applied(self) -> Option<BatchResult> {
        match self {
            Written::Applied(result) => Some(result),
            Written::Durable(_) => None,
        }
    }
}

/// What a counted batch changed.
#[derive(Clone, Debug, Default)]
pub struct BatchResult {
    /// The numbers of the viewed posts after the batch.
    pub totals: Vec<PostTotals>,
    /// Events that became views.
    pub counted: u64,
    /// Events that went to the ledger.
    pub uncounted: Uncounted,
    /// Whether another process has written to the database since the last batch, so that cached values may be old.
    pub changed_elsewhere: bool,
}

/// A post's numbers after a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostTotals {
    /// The post.
    pub post: PostId,
    /// Its views.
    pub views: i64,
    /// Its viewers.
    pub viewers: i64,
}
