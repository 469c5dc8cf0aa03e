//! One file of events, mapped into memory.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::folder;
use super::format::{self, HEADER, Header, SLOT, WORD};
use super::mapped::MappedWords;
use crate::model::ViewEvent;

/// Bytes of a page of memory.
const PAGE: usize = 4096;

/// The file of a segment.
#[derive(Debug)]
pub(super) struct SegmentFile {
    pub(super) path: PathBuf,
    pub(super) file: File,
}

/// A segment that events are written to.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) header: Header,
    pub(super) file: Arc<SegmentFile>,
    mapped: MappedWords,
    /// Slots given to events so far; beyond the last one, how many were asked for in vain.
    reserved: AtomicU64,
}

/// A segment has no room for an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoRoom {
    /// The slots at its end that stay empty. Given to one caller only.
    pub(super) unused: Range<u64>,
}

/// Bytes of a segment of so many slots.
pub(super) fn bytes_of(slots: u32) -> u64 {
    ((slots as usize * SLOT + HEADER) * WORD) as u64
}

impl SegmentFile {
    /// Makes a file, with all its blocks: a page without one could not be written to when the disk is full.
    ///
    /// # Errors
    /// Those of the file system; then there is no file.
    pub(super) fn create(path: &Path, bytes: u64) -> io::Result<SegmentFile> {
        let file = folder::open(path)?;
        let length = i64::try_from(bytes).unwrap_or(i64::MAX);
        if let Err(error) = nix::fcntl::posix_fallocate(&file, 0, length) {
            // The error that matters is the one reported.
            let _ = std::fs::remove_file(path);
            return Err(error.into());
        }
        Ok(SegmentFile {
            path: path.to_owned(),
            file,
        })
    }

    /// Reads words from a place on, counted from the beginning of the file; fewer at its end.
    pub(super) fn read(&self, from: usize, words: usize) -> io::Result<Vec<u64>> {
        read_words(&self.file, from, words)
    }

    /// Writes one word.
    pub(super) fn write(&self, at: usize, word: u64) -> io::Result<()> {
        self.file
            .write_all_at(&word.to_le_bytes(), (at * WORD) as u64)
    }
}

/// Reads words of a file from a place on; fewer at its end.
pub(super) fn read_words(file: &File, from: usize, words: usize) -> io::Result<Vec<u64>> {
    let mut bytes = vec![0; words * WORD];
    let mut have = 0;
    while have < bytes.len() {
        match file.read_at(&mut bytes[have..], (from * WORD + have) as u64)? {
            0 => break,
            more => have += more,
        }
    }
    let words = bytes[..have].chunks_exact(WORD);
    Ok(words
        .map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap_or_default()))
        .collect())
}

impl Segment {
    /// Makes a file the segment that `header` says. What an earlier use has left in it is no longer valid.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn begin(file: Arc<SegmentFile>, header: Header) -> io::Result<Segment> {
        let bytes = format::to_bytes(header.encode());
        file.file.write_all_at(&bytes, 0)?;
        let words = header.slots as usize * SLOT + HEADER;
        let mapped = MappedWords::map(&file.file, words)?;
        Ok(Segment {
            header,
            file,
            mapped,
            reserved: AtomicU64::new(0),
        })
    }

    /// Has the kernel give each page its memory now, so that no request has to wait for it.
    pub(super) fn prepare_pages(&self) {
        let firsts = self.mapped.words().iter().step_by(PAGE / WORD);
        firsts.for_each(|word| {
            word.fetch_or(0, Ordering::Relaxed);
        });
    }

    /// The position of its first slot.
    pub(super) fn base(&self) -> u64 {
        base_of(self.header.number, self.header.slots)
    }

    /// Writes an event, and returns the positions it takes.
    pub(super) fn append(&self, event: &ViewEvent) -> Result<Range<u64>, NoRoom> {
        let slots = u64::from(self.header.slots);
        let base = self.base();
        let nothing = NoRoom { unused: base..base };
        // So that a full segment's count does not grow with each that asks.
        if self.reserved.load(Ordering::Relaxed) >= slots {
            return Err(nothing);
        }
        let wanted = format::slots_of(event);
        let first = self.reserved.fetch_add(wanted, Ordering::Relaxed);
        if first >= slots {
            return Err(nothing);
        }
        if first + wanted > slots {
            return Err(NoRoom {
                unused: base + first..base + slots,
            });
        }
        let words = self.mapped.words();
        let at = HEADER + first as usize * SLOT;
        format::encode(self.header.run, base + first, event, |index, word| {
            words[at + index].store(word.to_le(), Ordering::Release);
        });
        Ok(base + first..base + first + wanted)
    }

    /// How many of its slots are given away.
    pub(super) fn used(&self) -> u64 {
        self.reserved
            .load(Ordering::Relaxed)
            .min(u64::from(self.header.slots))
    }
}

/// The position of the first slot of segment `number`.
pub(super) fn base_of(number: u64, slots: u32) -> u64 {
    number * u64::from(slots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::format::{Slot, decode};
    use crate::model::{RunId, TimestampMs, Viewer};

    fn event(viewer: Option<Viewer>) -> ViewEvent {
        ViewEvent {
            post: 1,
            at: TimestampMs(2),
            viewer,
            uncounted: None,
        }
    }

    #[test]
    fn events_are_found_in_the_file_and_the_end_is_told_to_one() {
        let home = tempfile::tempdir().unwrap();
        let file = SegmentFile::create(&home.path().join("a"), bytes_of(4)).unwrap();
        let header = Header {
            database: 1,
            run: RunId(5),
            number: 2,
            slots: 4,
        };
        let segment = Segment::begin(Arc::new(file), header).unwrap();
        segment.prepare_pages();
        assert_eq!(segment.append(&event(None)), Ok(8..9));
        let named = event(Some(Viewer::Named("ann".into())));
        assert_eq!(segment.append(&named), Ok(9..11));
        assert_eq!(segment.append(&named), Err(NoRoom { unused: 11..12 }));
        assert_eq!(segment.append(&event(None)), Err(NoRoom { unused: 8..8 }));
        assert_eq!(segment.used(), 4);
        let words = segment.file.read(HEADER + SLOT, 3 * SLOT).unwrap();
        assert_eq!(decode(RunId(5), 9, &words), Slot::Event(named, 2));
        // Used again, it has nothing.
        let again = Segment::begin(
            Arc::clone(&segment.file),
            Header {
                number: 3,
                ..header
            },
        )
        .unwrap();
        let words = again.file.read(HEADER, 4 * SLOT).unwrap();
        assert_eq!(decode(RunId(5), 12, &words), Slot::Empty);
    }
}
