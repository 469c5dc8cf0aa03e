//! What a sender does with an event when the channel is full.

/// What a sender does with an event when the channel is full. The response is written before; no policy makes its
/// reader wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OverflowPolicy {
    /// Merge it into the overflow: one entry a post and hour, however many views. Loses nothing.
    #[default]
    Coalesce,
    /// Drop the view and record it in the ledger as `dropped`.
    Shed,
    /// Hold the connection until the channel has room, at most for `--overflow-wait`; then coalesce.
    Wait,
}
