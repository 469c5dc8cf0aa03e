//! What an external queue can do: the seam between what this program does with messages and the three engines.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::error::{QueueError, SendError};
use crate::model::TimestampMs;

/// An engine that is connected, or connects when it is first asked.
pub struct Engine {
    /// Where messages go.
    pub producer: Box<dyn Producer>,
    /// Where they come from.
    pub source: Arc<dyn Source>,
}

/// A message on its way to an engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Its id, made before the first try and never changed. An engine that can drop repeats itself may be told.
    pub id: u128,
    /// What it says. Engines keep it as it is.
    pub bytes: Vec<u8>,
}

/// Takes messages. One thread owns it.
pub trait Producer: Send {
    /// Sends messages, in any order, and returns once the engine has accepted all of them for good. By `deadline` it has
    /// returned.
    ///
    /// # Errors
    /// After any error each message may be accepted or not, and all may be sent again.
    fn send(&mut self, messages: &[Outgoing], deadline: Instant) -> Result<(), SendError>;

    /// The longest message that the engine is known to take, in bytes.
    fn max_bytes(&self) -> usize;
}

/// How consumers share an engine's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Each of so many partitions is read by one consumer at a time, from a position that the store keeps.
    Partitions(u32),
    /// Any number of consumers read at once; the engine hands each message to one of them until it is told that it is
    /// applied, or has waited too long for that. There are no positions.
    Anyone,
}

/// Where messages come from.
pub trait Source: Send + Sync {
    /// How messages are shared, as it is now: partitions may be added.
    ///
    /// # Errors
    /// When the engine does not tell.
    fn sharing(&self) -> Result<Sharing, QueueError>;

    /// Begins to read a partition with the first message after `position`, or with the oldest where there is none. Of
    /// an engine without partitions the number has no meaning.
    ///
    /// # Errors
    /// When the engine does not let it, or the position is none of this engine's.
    fn read(&self, partition: u32, position: Option<&str>) -> Result<Box<dyn Reader>, QueueError>;
}

/// Reads one partition, in its order. One thread owns it.
pub trait Reader: Send {
    /// Waits until there is a message, for `wait` at most, and returns what has arrived by then: about `max_bytes` of it,
    /// a first message whatever its length. No message is `Ok` and empty.
    ///
    /// # Errors
    /// When the engine does not answer. The same call may be made again, and nothing was skipped.
    fn receive(&mut self, max_bytes: usize, wait: Duration) -> Result<Vec<Received>, QueueError>;

    /// Keeps what was received from being handed to another consumer while it is being applied. Called every few seconds.
    ///
    /// # Errors
    /// When the engine does not answer: messages may then be handed out again.
    fn keep(&mut self, _messages: &[Received]) -> Result<(), QueueError> {
        Ok(())
    }

    /// Tells the engine that these are applied, with everything before them: it may delete them. The store knows it
    /// already, so nothing depends on it but the engine's space.
    ///
    /// # Errors
    /// When the engine does not answer.
    fn applied(&mut self, messages: &[Received]) -> Result<(), QueueError>;

    /// Lets the engine hand these to another consumer at once: they were received, and will not be applied here.
    ///
    /// # Errors
    /// When the engine does not answer: they are handed out again later.
    fn give_back(&mut self, _messages: &[Received]) -> Result<(), QueueError> {
        Ok(())
    }

    /// How many messages the engine has that were not received yet, if it tells.
    fn lag(&mut self) -> Option<u64>;
}

/// A message that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Where it is in its partition, or what an engine without partitions calls it. At most 200 bytes.
    pub position: String,
    /// What it says.
    pub bytes: Vec<u8>,
    /// When the engine took it, if it tells.
    pub at: Option<TimestampMs>,
    /// What the engine is told of it by, where that is not the position: a receipt.
    pub receipt: Option<String>,
}
