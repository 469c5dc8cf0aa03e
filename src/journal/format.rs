//! How events are written: in slots of four words, little endian.
//!
//! A segment begins with a header of two slots. An event takes one slot, and as many more as its viewer's name needs. Its
//! first word is written last: after the death of the process an event is there whole or not at all. Its checksum covers
//! the run and the event's position, so that what an earlier use of the file has left behind is never taken for an event.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use crate::model::{PostId, Reason, RunId, TimestampMs, ViewEvent, Viewer};

/// The version of this format.
pub(super) const VERSION: u32 = 1;

/// Words of a slot.
pub const SLOT: usize = 4;

/// Words of a header.
pub const HEADER: usize = 2 * SLOT;

/// Slots of the largest segment: 2 MiB, filled in half a second by 100,000 events a second.
pub(super) const MAX_SLOTS: u32 = 65_534;

/// Bytes of a word.
pub(super) const WORD: usize = 8;

/// "viewtljl", as a number: the first word of a segment.
const MAGIC: u64 = u64::from_le_bytes(*b"viewtljl");

/// The longest name of a viewer that an event can have, in bytes: 1,023 fit into its first word.
const MAX_NAME: usize = 1023;

/// What kind of event a slot holds. Those beyond these are the reasons why a read is not counted.
const NOBODY: u64 = 1;
const ANONYMOUS: u64 = 2;
const NAMED: u64 = 3;
const CANCELLED: u64 = 4;
const FIRST_REASON: u64 = 8;

/// What a segment says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The database that counts its events.
    pub database: i64,
    /// The run that wrote them.
    pub run: RunId,
    /// Which part of the run's journal it is.
    pub number: u64,
    /// Slots for events.
    pub slots: u32,
}

/// Why a segment's header cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadHeader {
    /// It is no header, or a damaged one.
    Damaged,
    /// It is of a later version.
    Version(u32),
}

impl Header {
    /// Its words.
    pub fn encode(&self) -> [u64; HEADER] {
        let versions = u64::from(VERSION) | u64::from(self.slots) << 32;
        let mut words = [
            MAGIC,
            versions,
            self.database as u64,
            self.run.0 as u64,
            self.number,
            0,
            0,
            0,
        ];
        words[7] = checksum(&words[..7]);
        words
    }

    /// Reads the header that a file's words begin with.
    pub(super) fn decode(words: &[u64]) -> Result<Header, BadHeader> {
        let header: &[u64; HEADER] = words.first_chunk().ok_or(BadHeader::Damaged)?;
        let [magic, versions, database, run, number, _, _, sum] = *header;
        if magic != MAGIC || sum != checksum(&header[..7]) {
            return Err(BadHeader::Damaged);
        }
        let version = versions as u32;
        if version != VERSION {
            return Err(BadHeader::Version(version));
        }
        let header = Header {
            database: database as i64,
            run: RunId(run as i64),
            number,
            slots: (versions >> 32) as u32,
        };
        // No segment is so large: what is read of a file takes as much memory as its header says.
        if header.slots > MAX_SLOTS || !header.has_positions() {
            return Err(BadHeader::Damaged);
        }
        Ok(header)
    }

    /// Whether all of its slots have positions.
    fn has_positions(&self) -> bool {
        let behind = self.number.checked_add(1);
        behind
            .and_then(|next| next.checked_mul(self.slots.into()))
            .is_some()
    }
}

/// Words as a file has them.
pub(super) fn to_bytes(words: impl IntoIterator<Item = u64>) -> Vec<u8> {
    words.into_iter().flat_map(u64::to_le_bytes).collect()
}

/// How many slots an event takes.
pub fn slots_of(event: &ViewEvent) -> u64 {
    match &event.viewer {
        Some(Viewer::Named(name)) => 1 + name.len().min(MAX_NAME).div_ceil(SLOT * WORD) as u64,
        Some(Viewer::Anonymous(_)) | None => 1,
    }
}

/// Encodes an event. Calls `write` with the index of each word from the event's beginning, the first word last.
pub fn encode(run: RunId, position: u64, event: &ViewEvent, mut write: impl FnMut(usize, u64)) {
    let (kind, viewer, name) = match (&event.uncounted, &event.viewer) {
        (Some(reason), _) => (FIRST_REASON + *reason as u64, 0, ""),
        (None, None) => (NOBODY, 0, ""),
        (None, Some(Viewer::Anonymous(id))) => (ANONYMOUS, *id as u64, ""),
        (None, Some(Viewer::Named(name))) => (NAMED, 0, &**name),
    };
    let name = name.as_bytes();
    let name = &name[..name.len().min(MAX_NAME)];
    let words = [event.post as u64, event.at.0 as u64, viewer];
    let first = first_word(position, kind, name.len());
    let mut sum = Checksum::begin(run, position, first);
    for (index, word) in words.into_iter().enumerate() {
        sum.add(word);
        write(1 + index, word);
    }
    for (index, bytes) in name.chunks(WORD).enumerate() {
        let mut padded = [0; WORD];
        padded[..bytes.len()].copy_from_slice(bytes);
        let word = u64::from_le_bytes(padded);
        sum.add(word);
        write(SLOT + index, word);
    }
    write(0, first | sum.end());
}

/// The first word without its checksum: 32 bits of that, 10 of the name's length, 6 of the kind, 16 of the position, by
/// which an older use of the slot is told from damage.
fn first_word(position: u64, kind: u64, name_length: usize) -> u64 {
    (name_length as u64) << 32 | kind << 42 | (position & 0xFFFF) << 48
}

/// What stands at a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// Nothing was written here by this run.
    Empty,
    /// An event, and the slots it takes.
    Event(ViewEvent, u64),
    /// An event whose answer could not be sent, and the slots it takes.
    Cancelled(u64),
    /// Something that was written here and has changed since, or was never wholly stored.
    Damaged,
}

/// Reads what stands at a position. `words` are those from there to the end of the segment.
pub(super) fn decode(run: RunId, position: u64, words: &[u64]) -> Slot {
    let [first, post, at, viewer, ..] = *words else {
        return Slot::Empty;
    };
    let (length, kind) = ((first >> 32 & 0x3FF) as usize, first >> 42 & 0x3F);
    if first == 0 {
        return Slot::Empty;
    }
    let name = words.get(SLOT..SLOT + length.div_ceil(WORD)).unwrap_or(&[]);
    let mut sum = Checksum::begin(run, position, first & !0xFFFF_FFFF);
    [post, at, viewer]
        .iter()
        .chain(name)
        .for_each(|word| sum.add(*word));
    if sum.end() != first & 0xFFFF_FFFF {
        let of_this_position = first >> 48 == position & 0xFFFF;
        return if of_this_position {
            Slot::Damaged
        } else {
            Slot::Empty
        };
    }
    let slots = 1 + length.div_ceil(SLOT * WORD) as u64;
    let event = |viewer, uncounted| {
        let at = TimestampMs(at as i64);
        let event = ViewEvent {
            post: post as PostId,
            at,
            viewer,
            uncounted,
        };
        Slot::Event(event, slots)
    };
    match kind {
        NOBODY => event(None, None),
        ANONYMOUS => event(Some(Viewer::Anonymous(viewer as i64)), None),
        NAMED => {
            let bytes: Vec<u8> = name
                .iter()
                .flat_map(|word| word.to_le_bytes())
                .take(length)
                .collect();
            match String::from_utf8(bytes) {
                Ok(name) => event(Some(Viewer::Named(name.into())), None),
                Err(_) => Slot::Damaged,
            }
        }
        CANCELLED => Slot::Cancelled(slots),
        kind => {
            let reason = Reason::ALL
                .into_iter()
                .find(|reason| FIRST_REASON + *reason as u64 == kind);
            reason.map_or(Slot::Damaged, |reason| event(None, Some(reason)))
        }
    }
}

/// The first word of an event that is cancelled; its other words stay. `words` are the event's. `None` if no event is
/// there.
pub fn cancelled(run: RunId, position: u64, words: &[u64]) -> Option<u64> {
    let Slot::Event(..) = decode(run, position, words) else {
        return None;
    };
    let length = (words[0] >> 32 & 0x3FF) as usize;
    let first = first_word(position, CANCELLED, length);
    let mut sum = Checksum::begin(run, position, first);
    let name = &words[SLOT..SLOT + length.div_ceil(WORD)];
    words[1..SLOT]
        .iter()
        .chain(name)
        .for_each(|word| sum.add(*word));
    Some(first | sum.end())
}

/// A keyed hash over words, of which 32 bits are kept. The key is the run and the position.
struct Checksum(SipHasher13);

impl Checksum {
    fn begin(run: RunId, position: u64, first: u64) -> Checksum {
        let mut sum = Checksum(SipHasher13::new_with_keys(run.0 as u64, position));
        sum.add(first);
        sum
    }

    fn add(&mut self, word: u64) {
        self.0.write_u64(word.to_le());
    }

    fn end(self) -> u64 {
        self.0.finish() & 0xFFFF_FFFF
    }
}

/// The checksum of a header.
fn checksum(words: &[u64]) -> u64 {
    let mut sum = Checksum::begin(RunId(0), 0, 0);
    words.iter().for_each(|word| sum.add(*word));
    sum.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: RunId = RunId(-77);

    fn event(viewer: Option<Viewer>, uncounted: Option<Reason>) -> ViewEvent {
        ViewEvent {
            post: 12,
            at: TimestampMs(1_700_000_000_123),
            viewer,
            uncounted,
        }
    }

    fn written(position: u64, event: &ViewEvent) -> Vec<u64> {
        let mut words = vec![0; slots_of(event) as usize * SLOT];
        let mut last = usize::MAX;
        encode(RUN, position, event, |index, word| {
            words[index] = word;
            last = index;
        });
        assert_eq!(last, 0, "the first word makes it an event");
        words
    }

    fn all() -> Vec<ViewEvent> {
        let names = [
            "a".to_owned(),
            "x".repeat(32),
            "한".repeat(200),
            "\u{10FFFF}".repeat(200),
        ];
        let viewers = names.map(|name| Some(Viewer::Named(name.into())));
        let mut events: Vec<ViewEvent> = viewers
            .into_iter()
            .map(|viewer| event(viewer, None))
            .collect();
        events.push(event(None, None));
        events.push(event(Some(Viewer::Anonymous(-5)), None));
        events.extend(Reason::ALL.map(|reason| event(None, Some(reason))));
        events
    }

    #[test]
    fn what_is_written_is_read_and_only_where_and_by_whom_it_was_written() {
        for event in all() {
            let words = written(70_000, &event);
            let slots = slots_of(&event);
            assert_eq!(decode(RUN, 70_000, &words), Slot::Event(event, slots));
            assert_eq!(decode(RUN, 70_001, &words), Slot::Empty);
            assert_eq!(decode(RUN, 70_000 + (1 << 16), &words), Slot::Damaged);
            assert_eq!(decode(RunId(78), 70_000, &words), Slot::Damaged);
            let first = cancelled(RUN, 70_000, &words).unwrap();
            let words = [&[first], &words[1..]].concat();
            assert_eq!(decode(RUN, 70_000, &words), Slot::Cancelled(slots));
            assert_eq!(cancelled(RUN, 70_000, &words), None);
        }
        assert_eq!(decode(RUN, 0, &[0; SLOT]), Slot::Empty);
        assert_eq!(decode(RUN, 0, &[]), Slot::Empty);
    }

    #[test]
    fn no_bit_can_change_unseen() {
        for event in all() {
            let words = written(3, &event);
            let name = (words[0] >> 32 & 0x3FF) as usize;
            for bit in 0..(SLOT + name.div_ceil(WORD)) * 64 {
                let mut changed = words.clone();
                changed[bit / 64] ^= 1 << (bit % 64);
                let read = decode(RUN, 3, &changed);
                assert!(
                    matches!(read, Slot::Damaged | Slot::Empty),
                    "{bit}: {read:?}"
                );
            }
        }
    }

    #[test]
    fn a_header_is_read_whole_or_not_at_all() {
        let header = Header {
            database: -9,
            run: RUN,
            number: 3,
            slots: 65_534,
        };
        let words = header.encode();
        assert_eq!(Header::decode(&words), Ok(header));
        for bit in 0..words.len() * 64 {
            let mut changed = words;
            changed[bit / 64] ^= 1 << (bit % 64);
            assert!(Header::decode(&changed).is_err(), "{bit}");
        }
        for no_segment in [
            Header {
                slots: MAX_SLOTS + 1,
                ..header
            },
            Header {
                number: u64::MAX / 65_534,
                ..header
            },
        ] {
            let read = Header::decode(&no_segment.encode());
            assert_eq!(read, Err(BadHeader::Damaged), "{no_segment:?}");
        }
        let mut later = words;
        later[1] += 1;
        later[7] = checksum(&later[..7]);
        assert_eq!(Header::decode(&later), Err(BadHeader::Version(2)));
    }
}
