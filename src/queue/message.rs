//! A message: a part of a batch, as it lies on a queue.
//!
//! It begins with three letters and the version of all the rest, which are the same in every version. Then follow the database
//! that it is for, its id, a checksum, and the batch, compressed. A message may lie on a queue for days, and be read by
//! an earlier or a later version of this program.

use std::hash::Hasher;
use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use siphasher::sip::SipHasher13;

use super::engine::Outgoing;
use crate::model::time::DAY;
use crate::model::{Batch, IDS_KEPT, MessageId, QueuedBatch, TimestampMs, Unplaced};

/// What every message begins with.
const MAGIC: &[u8; 3] = b"vtq";

/// The version that this program writes, and the highest it reads.
pub const VERSION: u8 = 1;

/// Bytes before the batch: letters, version, database, id, checksum.
const HEADER: usize = 4 + 8 + 16 + 8;

/// The longest message that is sent or applied, in bytes.
pub const MAX_MESSAGE: usize = 1 << 20;

/// The longest batch that a message may hold once it is not compressed any more: no message that was sent comes near.
const MAX_BATCH: u64 = 64 << 20;

/// Why a message cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Somebody else's, or damaged.
    #[error("it is no message of viewtally, or damaged")]
    Unreadable,
    /// Of a later version, which can read it.
    #[error(
        "it is of version {0}; this program knows up to {VERSION}, a later one applies it by itself"
    )]
    LaterVersion(u8),
    /// For another database.
    #[error("it is for another database; the queue seems to be used by two")]
    OtherDatabase,
    /// Longer than any that is sent.
    #[error("it has {0} bytes, and none that viewtally sends has more than {MAX_MESSAGE}")]
    TooLong(usize),
    /// So old that nobody knows whether it was applied.
    #[error("it is so old that it is not known any more whether it was counted")]
    TooOld,
}

impl Rejection {
    /// Whether nobody can ever make anything of it.
    pub fn is_garbage(&self) -> bool {
        matches!(self, Rejection::Unreadable | Rejection::TooLong(_))
    }

    /// The version of the message, if that is what is wrong.
    pub fn version(&self) -> Option<u32> {
        match self {
            Rejection::LaterVersion(version) => Some(u32::from(*version)),
            _ => None,
        }
    }
}

/// Encodes a batch as messages of at most `max_bytes` each, for a database. Each gets an id.
///
/// # Errors
/// Those of the encoder, and where there is no randomness for an id.
pub fn encode(
    batch: &Batch,
    database: i64,
    max_bytes: usize,
    now: TimestampMs,
) -> io::Result<Vec<Outgoing>> {
    encode_with(
        batch,
        database,
        max_bytes.clamp(4 * HEADER, MAX_MESSAGE),
        &mut || {
            let mut random = [0; 16];
            getrandom::fill(&mut random).map_err(io::Error::other)?;
            Ok(MessageId::new(now, u128::from_le_bytes(random)))
        },
    )
}

/// Gives each message the next id.
fn encode_with(
    batch: &Batch,
    database: i64,
    max_bytes: usize,
    next_id: &mut dyn FnMut() -> io::Result<MessageId>,
) -> io::Result<Vec<Outgoing>> {
    let body = encode_body(batch)?;
    if HEADER + body.len() > max_bytes && batch.entries() > 1 {
        // Not all entries take the same: a tenth more parts than even ones would be.
        let parts = body.len() * 11 / 10 / (max_bytes - HEADER) + 1;
        let mut messages = Vec::new();
        for part in batch.cut(parts.max(2)) {
            messages.extend(encode_with(&part, database, max_bytes, next_id)?);
        }
        return Ok(messages);
    }
    let id = next_id()?;
    let bytes = seal(VERSION, database, id, &body);
    Ok(vec![Outgoing { id: id.0, bytes }])
}

/// Cuts a message into parts of at most `max_bytes` each. Their ids follow from its own.
///
/// # Errors
/// Where it is no message, or a single row is longer.
pub fn cut(message: &Outgoing, database: i64, max_bytes: usize) -> io::Result<Vec<Outgoing>> {
    let queued =
        decode(&message.bytes, database).map_err(|error| io::Error::other(error.to_string()))?;
    let mut number = 0;
    let parts = encode_with(
        &queued.batch,
        database,
        max_bytes.max(4 * HEADER),
        &mut || {
            number += 1;
            Ok(queued.id.part(number))
        },
    )?;
    match parts.iter().any(|part| part.bytes.len() > max_bytes) {
        true => Err(io::Error::other(
            "a single row is longer than the queue takes",
        )),
        false => Ok(parts),
    }
}

/// Encodes what came in a message as that message.
///
/// # Errors
/// Those of the encoder.
pub fn encode_as(queued: &QueuedBatch, database: i64) -> io::Result<Vec<u8>> {
    Ok(seal(
        VERSION,
        database,
        queued.id,
        &encode_body(&queued.batch)?,
    ))
}

fn encode_body(batch: &Batch) -> io::Result<Vec<u8>> {
    compress(&postcard::to_stdvec(&Unplaced(batch)).map_err(io::Error::other)?)
}

/// Compresses an encoded batch.
///
/// # Errors
/// None, unless there is no memory.
pub fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Puts what every message begins with before a compressed batch.
pub fn seal(version: u8, database: i64, id: MessageId, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend_from_slice(MAGIC);
    bytes.push(version);
    bytes.extend_from_slice(&database.to_be_bytes());
    bytes.extend_from_slice(&id.0.to_be_bytes());
    bytes.extend_from_slice(&checksum(&bytes, body).to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// Tells damage from what was written.
pub(super) fn checksum(head: &[u8], body: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(head);
    hasher.write(body);
    hasher.finish()
}

/// Decodes a message for a database, whatever its length and its age.
///
/// # Errors
/// Why it cannot be applied.
pub fn decode(bytes: &[u8], database: i64) -> Result<QueuedBatch, Rejection> {
    let version = match bytes {
        [b'v', b't', b'q', version, ..] => *version,
        _ => return Err(Rejection::Unreadable),
    };
    if version > VERSION {
        return Err(Rejection::LaterVersion(version));
    }
    let (Some((head, body)), 1..) = (bytes.split_at_checked(HEADER), version) else {
        return Err(Rejection::Unreadable);
    };
    let (head, sum) = head.split_at(HEADER - 8);
    if sum != checksum(head, body).to_be_bytes() {
        return Err(Rejection::Unreadable);
    }
    if head[4..12] != database.to_be_bytes() {
        return Err(Rejection::OtherDatabase);
    }
    let id = head[12..28].try_into().map(u128::from_be_bytes);
    let id = MessageId(id.map_err(|_| Rejection::Unreadable)?);
    let mut encoded = Vec::new();
    let mut decoder = DeflateDecoder::new(body).take(MAX_BATCH + 1);
    match decoder.read_to_end(&mut encoded) {
        Ok(length) if length as u64 <= MAX_BATCH => {}
        _ => return Err(Rejection::Unreadable),
    }
    let batch: Batch = postcard::from_bytes(&encoded).map_err(|_| Rejection::Unreadable)?;
    // Places in a journal would be taken for those of this database's.
    match batch.journaled.parts().is_empty() {
        true => Ok(QueuedBatch { id, batch }),
        false => Err(Rejection::Unreadable),
    }
}

/// Decodes a message that was received, if it may still be applied.
///
/// # Errors
/// Why it cannot be applied.
pub fn decode_fresh(
    bytes: &[u8],
    database: i64,
    now: TimestampMs,
) -> Result<QueuedBatch, Rejection> {
    if bytes.len() > MAX_MESSAGE {
        return Err(Rejection::TooLong(bytes.len()));
    }
    let queued = decode(bytes, database)?;
    // A day before its id is forgotten: another node's clock may be ahead.
    match queued.id.made_at().0 < now.0.saturating_sub(IDS_KEPT - DAY) {
        true => Err(Rejection::TooOld),
        false => Ok(queued),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ViewEvent, Viewer};

    const NOW: TimestampMs = TimestampMs(1_790_000_000_000);

    fn batch(viewers: i64) -> Batch {
        let mut batch = Batch::default();
        for n in 0..viewers {
            batch.add(ViewEvent {
                post: n % 100,
                at: TimestampMs(NOW.0 + n),
                viewer: Some(Viewer::Anonymous(
                    i64::MIN | n.wrapping_mul(0x1234_5678_9abc_def1),
                )),
                uncounted: None,
            });
        }
        batch.add_views(7, NOW, 12);
        batch
    }

    fn merged(messages: &[Outgoing]) -> Batch {
        let mut merged = Batch::default();
        for message in messages {
            let queued = decode_fresh(&message.bytes, 5, NOW).unwrap();
            assert_eq!(queued.id.0, message.id);
            merged.merge(queued.batch);
        }
        merged
    }

    #[test]
    fn a_batch_comes_back_in_as_many_messages_as_it_takes() {
        let batch = batch(5_000);
        for max_bytes in [500, 10_000, MAX_MESSAGE] {
            let messages = encode(&batch, 5, max_bytes, NOW).unwrap();
            assert!(
                messages
                    .iter()
                    .all(|message| message.bytes.len() <= max_bytes)
            );
            assert_eq!(messages.len() == 1, max_bytes == MAX_MESSAGE);
            let back = merged(&messages);
            assert_eq!(back.events(), batch.events());
            assert!(back.sorted_visits().eq(batch.sorted_visits()));
            let mut ids: Vec<u128> = messages.iter().map(|message| message.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), messages.len());
        }
    }

    #[test]
    fn places_in_journals_stay_here() {
        let mut batch = batch(3);
        batch.journaled.add(crate::model::RunId(1), 0..3);
        let messages = encode(&batch, 5, MAX_MESSAGE, NOW).unwrap();
        assert!(merged(&messages).journaled.parts().is_empty());
    }

    #[test]
    fn what_cannot_be_applied_is_told_apart() {
        let message = encode(&batch(3), 5, MAX_MESSAGE, NOW).unwrap().remove(0);
        let fresh = |bytes: &[u8]| decode_fresh(bytes, 5, NOW).map(|_| ());
        assert_eq!(fresh(&message.bytes), Ok(()));
        assert_eq!(fresh(b""), Err(Rejection::Unreadable));
        assert_eq!(fresh(b"vtq\x01"), Err(Rejection::Unreadable));
        assert_eq!(fresh(b"vtq\x02anything"), Err(Rejection::LaterVersion(2)));
        let long = vec![b'v'; 2 << 20];
        assert_eq!(fresh(&long), Err(Rejection::TooLong(2 << 20)));
        for at in 0..message.bytes.len() {
            let mut damaged = message.bytes.clone();
            damaged[at] ^= 1;
            assert!(fresh(&damaged).is_err(), "byte {at}");
        }
        let other = decode_fresh(&message.bytes, 6, NOW).map(|_| ());
        assert_eq!(other, Err(Rejection::OtherDatabase));
        let late = TimestampMs(NOW.0 + IDS_KEPT);
        let old = decode_fresh(&message.bytes, 5, late).map(|_| ());
        assert_eq!(old, Err(Rejection::TooOld));
        assert!(decode(&message.bytes, 5).is_ok(), "somebody may decide so");
    }

    #[test]
    fn a_batch_that_would_fill_the_memory_is_refused() {
        let body = compress(&vec![0; (MAX_BATCH + 1) as usize]).unwrap();
        let bytes = seal(VERSION, 5, MessageId::new(NOW, 1), &body);
        assert!(bytes.len() < MAX_MESSAGE);
        assert_eq!(decode(&bytes, 5).map(|_| ()), Err(Rejection::Unreadable));
    }
}
