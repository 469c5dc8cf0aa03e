//! Files as the code writes them, altered in a few places.
//!
//! Three alterations at most: checksums of 32 bits tell accidents, and a fuzzer that may change all bytes of an event finds
//! one that fits.

use std::ops::Range;

use viewtally::internals::journal::{
    FileKind, HEADER, JournalSink, Reason, Recovered, SLOT, cancelled, encode_batch, encode_event,
    pending, recover, slots_of,
};
use viewtally::internals::{Batch, DedupWindow, TimestampMs, ViewEvent, Viewer};

use super::files::{Files, RUN, bytes_of, header};
use super::input::Input;
use super::store::Store;

const MAX_EVENTS: usize = 24;
const MAX_ALTERATIONS: u8 = 3;
const WORD: usize = 8;

/// What became of an event before the run ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is in the segment only.
    Sent,
    /// Its answer could not be sent.
    Cancelled,
    /// The store has it.
    Committed,
    /// A counter saved it in its batch.
    Saved,
}

struct Written {
    event: ViewEvent,
    fate: Fate,
    positions: Range<u64>,
    /// The bytes of the segment that its checksum covers.
    bytes: Range<usize>,
}

/// A segment, and the batch of those of its events that a counter saved.
struct Run {
    slots: u32,
    window: DedupWindow,
    events: Vec<Written>,
    segment: Vec<u8>,
    batch: Vec<u8>,
    /// Whether the segment has events of its file's earlier use.
    is_used_again: bool,
}

/// `asks_before`: whether what waits is asked for, too, which takes a third of the time.
pub fn check(input: &mut Input<'_>, asks_before: bool) {
    let run = Run::write(input);
    let (mut segment, mut batch) = (run.segment.clone(), run.batch.clone());
    for _ in 0..input.byte() % (MAX_ALTERATIONS + 1) {
        match input.byte() % 4 {
            0 => alter(&mut batch, input),
            _ => alter(&mut segment, input),
        }
    }
    let store = Store::new(run.window);
    for written in run
        .events
        .iter()
        .filter(|written| written.fate == Fate::Committed)
    {
        store.rows().of(RUN).insert(written.positions.clone());
    }
    let files = Files;
    files.write(FileKind::Segment, &segment);
    if !run.batch.is_empty() {
        files.write(FileKind::Batch, &batch);
    }
    let waiting = asks_before.then(|| {
        pending(files.folder(), &|run| store.committed(run)).expect("files that can be read")
    });
    let recovered = recover(files.folder(), &store, &mut |_| {}).expect("a store that works");
    let expected = run.expected(&segment, &batch);
    same(&store.rows().counted, &expected);
    assert_eq!(recovered.events, expected.events());
    if let Some(waiting) = waiting {
        assert_eq!(waiting, (recovered.events, 0));
    }
    run.check_damage(&recovered, &segment, &batch);
    assert_eq!(
        files.are_removed(),
        recovered.left.is_empty(),
        "{recovered:?}"
    );
    if !recovered.left.is_empty() {
        let again = recover(files.folder(), &store, &mut |_| {}).expect("a store that works");
        assert_eq!((again.events, again.left), (0, recovered.left));
    }
}

impl Run {
    fn write(input: &mut Input<'_>) -> Self {
        let slots = 1 + u32::from(input.byte()) % 64;
        let number = 1 + u64::from(input.byte());
        let flags = input.byte();
        let window = match flags & 1 {
            0 => DedupWindow::NONE,
            _ => DedupWindow::SHORTEST,
        };
        let mut words = vec![0; HEADER + slots as usize * SLOT];
        let is_used_again = flags & 2 != 0;
        if is_used_again {
            fill(&mut words, number - 1, slots, input);
        }
        let header = header(number, slots);
        words[..HEADER].copy_from_slice(&header.encode());
        let events = fill(&mut words, number, slots, input);
        let mut saved = Batch::new(window);
        for written in &events {
            let at = written.bytes.start / WORD;
            match written.fate {
                Fate::Cancelled => {
                    let first = cancelled(RUN, written.positions.start, &words[at..]);
                    words[at] = first.expect("an event");
                }
                Fate::Saved => {
                    saved.add(written.event.clone());
                    saved.journaled.add(RUN, written.positions.clone());
                }
                Fate::Sent | Fate::Committed => {}
            }
        }
        let batch = match saved.is_empty() {
            true => Vec::new(),
            false => encode_batch(header.database, RUN, &saved).expect("a batch"),
        };
        let segment = bytes_of(&words);
        Self {
            slots,
            window,
            events,
            segment,
            batch,
            is_used_again,
        }
    }

    /// What a recovery has to count.
    fn expected(&self, segment: &[u8], batch: &[u8]) -> Batch {
        let mut expected = Batch::new(self.window);
        for written in &self.events {
            let is_there = match written.fate {
                Fate::Sent => self.is_whole(written, segment),
                Fate::Saved => self.batch == batch || self.is_whole(written, segment),
                Fate::Cancelled | Fate::Committed => false,
            };
            if is_there {
                expected.add(written.event.clone());
            }
        }
        expected
    }

    fn has_header(&self, segment: &[u8]) -> bool {
        segment.get(..HEADER * WORD) == self.segment.get(..HEADER * WORD)
    }

    fn is_whole(&self, written: &Written, segment: &[u8]) -> bool {
        let bytes = written.bytes.clone();
        self.has_header(segment) && segment.get(bytes.clone()) == self.segment.get(bytes)
    }

    /// What is altered is reported, but for what looks like a place that was never written.
    fn check_damage(&self, recovered: &Recovered, segment: &[u8], batch: &[u8]) {
        let has_header = self.has_header(segment);
        if segment == self.segment && !self.is_used_again {
            assert_eq!(recovered.damaged, 0);
        }
        let is_new = segment
            .chunks_exact(WORD)
            .take(HEADER)
            .flatten()
            .all(|byte| *byte == 0);
        let segment_is_left = match has_header {
            true => segment.len() < self.segment.len(),
            false => !is_new,
        };
        let left = usize::from(segment_is_left) + usize::from(batch != self.batch);
        assert_eq!(recovered.left.len(), left, "{recovered:?}");
        let is_known = |written: &Written| match written.fate {
            Fate::Sent | Fate::Cancelled => false,
            Fate::Saved => batch == self.batch,
            Fate::Committed => true,
        };
        let damaged = self.events.iter().filter(|written| {
            let Range { start, end } = written.bytes;
            let first_end = start + WORD;
            end <= segment.len()
                && !is_known(written)
                && !self.is_whole(written, segment)
                && segment[first_end - 2..first_end] == self.segment[first_end - 2..first_end]
        });
        if has_header {
            assert!(recovered.damaged >= damaged.count() as u64, "{recovered:?}");
            assert!(recovered.damaged <= u64::from(self.slots));
        }
    }
}

/// Writes events into a segment until there is no room.
fn fill(words: &mut [u64], number: u64, slots: u32, input: &mut Input<'_>) -> Vec<Written> {
    let (mut events, mut slot) = (Vec::new(), 0);
    for _ in 0..usize::from(input.byte()) % (MAX_EVENTS + 1) {
        // No two of one post: what is counted shows which.
        let post = number as i64 * 1000 + events.len() as i64;
        let (event, fate) = event(post, input);
        let taken = slots_of(&event);
        if slot + taken > u64::from(slots) {
            break;
        }
        let (start, at) = (
            number * u64::from(slots) + slot,
            HEADER + slot as usize * SLOT,
        );
        let mut end = at;
        encode_event(RUN, start, &event, |index, word| {
            words[at + index] = word;
            end = end.max(at + index + 1);
        });
        events.push(Written {
            event,
            fate,
            positions: start..start + taken,
            bytes: at * WORD..end * WORD,
        });
        slot += taken;
    }
    events
}

fn event(post: i64, input: &mut Input<'_>) -> (ViewEvent, Fate) {
    let (kind, at) = (input.byte(), i64::from(input.byte()));
    let fate = match kind % 8 {
        0..5 => Fate::Sent,
        5 => Fate::Cancelled,
        6 => Fate::Committed,
        _ => Fate::Saved,
    };
    let viewer = match kind / 8 % 4 {
        0 => None,
        1 => Some(Viewer::Anonymous(-1 - at)),
        2 => Some(Viewer::Named(
            "x".repeat(usize::from(input.byte()) * 4).into(),
        )),
        _ => {
            let length = usize::from(input.byte()) % 48;
            let name = String::from_utf8_lossy(input.bytes(length)).into();
            Some(Viewer::Named(name))
        }
    };
    let reason = usize::from(kind / 32).checked_sub(3);
    let reason = reason.map(|reason| Reason::ALL[reason]);
    let event = ViewEvent {
        post,
        at: TimestampMs(at * 1_000_000),
        viewer: viewer.filter(|_| reason.is_none()),
        uncounted: reason,
    };
    (event, fate)
}

fn alter(bytes: &mut Vec<u8>, input: &mut Input<'_>) {
    let (kind, at) = (input.byte(), input.place(bytes.len()));
    if bytes.is_empty() {
        return;
    }
    match kind % 5 {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << (input.byte() % 8),
        2 => bytes[at] = input.byte(),
        3 => {
            // What a disk writes at once, or a part of it.
            let end = bytes.len().min(at + 2 * usize::from(input.byte()));
            bytes[at..end].fill(0);
        }
        _ => {
            // A slot in the place of another.
            let (slot, from) = (SLOT * WORD, input.place(bytes.len()));
            let (at, from) = (at / slot * slot, from / slot * slot);
            if at.max(from) + slot <= bytes.len() {
                bytes.copy_within(from..from + slot, at);
            }
        }
    }
}

/// Panics where two batches do not have the same events.
fn same(found: &Batch, expected: &Batch) {
    assert_eq!(found.sorted_views(), expected.sorted_views());
    assert_eq!(found.sorted_ledger(), expected.sorted_ledger());
    let (found, expected): (Vec<_>, Vec<_>) = (
        found.sorted_visits().collect(),
        expected.sorted_visits().collect(),
    );
    assert_eq!(found, expected);
}
