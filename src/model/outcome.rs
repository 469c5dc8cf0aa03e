//! What happens to a request that could be a view.

use super::reason::Reason;

/// The value of `View-Outcome`, in the response to a request that could be a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The view will be counted.
    Accepted,
    /// The view will be recorded in the ledger under this reason.
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
