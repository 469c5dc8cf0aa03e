//! Why an external queue did not do what it was asked.

/// Why an engine does not answer, or not as it should. What the engine said is part of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct QueueError(pub String);

/// Why messages were not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// One is longer than the engine takes, and was surely not accepted.
    #[error("a message of {bytes} bytes is longer than the {limit} that the queue takes")]
    TooLong {
        /// Which of those that were sent.
        index: usize,
        /// Its length.
        bytes: usize,
        /// The longest that is taken.
        limit: usize,
    },
    /// The engine did not take them, or its answer was lost.
    #[error(transparent)]
    Failed(#[from] QueueError),
}
