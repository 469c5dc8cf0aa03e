//! Why a sink did not take a batch. The batch stays with its counter, which tries again.

/// Why a batch was not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// Somebody else holds what the sink needs; the same call is likely to succeed soon.
    #[error("{0}")]
    Busy(String),
    /// It may be written or not: the answer was lost. It may be tried again, but only as it is, with nothing merged into it.
    #[error("{0}")]
    InDoubt(String),
    /// The partition that this was read from is another reader's by now: nothing was written, and nothing of it may be.
    #[error("the partition is read by another node by now")]
    NotOurs,
    /// It does not go with what the sink holds, and never will.
    #[error("{0}")]
    Refused(String),
    /// The sink does not work as it is.
    #[error("{0}")]
    Unavailable(String),
}
