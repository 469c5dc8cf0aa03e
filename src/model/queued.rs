//! What comes from an external queue: batches by the ids of their messages, partitions by who reads them, and messages
//! that nobody can read.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

use super::batch::Batch;
use super::time::{DAY, TimestampMs};

/// For how long it is known which messages were applied, in milliseconds. Longer than the 14 days for which SQS keeps messages
/// at most and the seven for which Kafka does unless it is told otherwise. What is older is not applied: nobody can tell
/// whether it was.
pub const IDS_KEPT: i64 = 15 * DAY;

/// The id of a message: a UUID of version 7 (RFC 9562 §5.7), made before its first sending and never changed. It begins with the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u128);

impl MessageId {
    /// The id of a message made at `at`, with so many random bits as it takes.
    pub fn new(at: TimestampMs, random: u128) -> MessageId {
        MessageId(
            MessageId::first_at(at).0 | (random & !(0xF << 76) & !(0b11 << 62)) & (u128::MAX >> 48),
        )
    }

    /// The lowest id of messages made at `at` or later.
    pub fn first_at(at: TimestampMs) -> MessageId {
        let time = u128::from(at.0.max(0).cast_unsigned()) << 80;
        MessageId(time | 0x7 << 76 | 0b10 << 62)
    }

    /// The id of a part that its message is cut into: always the same for the same part.
    pub fn part(self, number: u64) -> MessageId {
        let mut hasher = SipHasher13::new();
        hasher.write(&self.0.to_be_bytes());
        hasher.write(&number.to_be_bytes());
        MessageId::new(self.made_at(), hasher.finish128().as_u128())
    }

    /// When its message was made.
    pub fn made_at(self) -> TimestampMs {
        TimestampMs((self.0 >> 80) as i64)
    }
}

/// A batch that came in a message.
#[derive(Clone, Debug)]
pub struct QueuedBatch {
    /// By which it is applied once.
    pub id: MessageId,
    /// Its events.
    pub batch: Batch,
}

/// A message that cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedMessage {
    /// Where it was in its partition, or what the queue calls it.
    pub position: String,
    /// Why, as text for whoever decides about it.
    pub reason: String,
    /// The version of its format, if it is one that this program does not know.
    pub version: Option<u32>,
    /// Whether it is of no use to anybody, so that it may be forgotten where many of its kind wait already.
    pub is_garbage: bool,
    /// The message.
    pub bytes: Vec<u8>,
}

/// A partition, as its reader holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Which.
    pub partition: u32,
    /// Counts its readers: who holds an earlier number holds nothing any more.
    pub epoch: i64,
    /// Up to where it is applied.
    pub position: Option<String>,
}

/// Messages that were received together, to be applied in one transaction.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The queue they came from.
    pub queue: String,
    /// Their partition; 0 of a queue without partitions.
    pub partition: u32,
    /// The number of the lease under which they were read. `None` of a queue without partitions.
    pub epoch: Option<i64>,
    /// Where the last of them is. `None` of a queue without partitions.
    pub position: Option<String>,
    /// What can be applied.
    pub batches: Vec<QueuedBatch>,
    /// What cannot.
    pub rejected: Vec<RejectedMessage>,
}

impl Delivery {
    /// How many rows it will touch: the measure of its commit.
    pub fn entries(&self) -> usize {
        self.batches
            .iter()
            .map(|queued| queued.batch.entries())
            .sum()
    }
}

/// A message that is kept apart, for somebody to decide about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Its number.
    pub id: i64,
    /// The queue it came from.
    pub queue: String,
    /// Its partition.
    pub partition: u32,
    /// Its position there.
    pub position: String,
    /// When it was set aside.
    pub at: TimestampMs,
    /// Why.
    pub reason: String,
    /// The version of its format, if that was the reason.
    pub version: Option<u32>,
    /// Its length in bytes.
    pub length: i64,
    /// Whether it is kept, so that it can be tried again. What was too long, or too much, is not.
    pub is_kept: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_that_begins_with_its_time() {
        let at = TimestampMs(1_700_000_000_123);
        for random in [0, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef] {
            let id = MessageId::new(at, random);
            assert_eq!(id.made_at(), at);
            let text = format!("{:032x}", id.0);
            assert_eq!(&text[12..13], "7", "{text}");
            assert!(matches!(&text[16..17], "8" | "9" | "a" | "b"), "{text}");
            assert!(id >= MessageId::first_at(at));
            assert!(id < MessageId::first_at(TimestampMs(at.0 + 1)));
        }
        assert_ne!(MessageId::new(at, 1), MessageId::new(at, 2));
        let id = MessageId::new(at, 1);
        let parts: std::collections::BTreeSet<u128> = (0..1000).map(|n| id.part(n).0).collect();
        assert_eq!(parts.len(), 1000);
        assert_eq!((id.part(3), id.part(3).made_at()), (id.part(3), at));
    }
}
