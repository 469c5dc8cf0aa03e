//! The file of a run: locked while the run lives. It also counts the views that found the journal at its limit, and those
//! that found no segment ready, for they have no other place to be remembered in.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::format::{self, BadHeader, HEADER, Header, WORD};
use super::mapped::MappedWords;
use super::segment::read_words;

/// A page, allocated whole.
const WORDS: usize = 512;

/// How far the two copies of the count can be apart: a thread that the end of the process meets between them has changed
/// one of them.
const MAX_THREADS: u64 = 100_000;

/// What a run's file counts. Each has two copies, the second of which tells a count from a damaged one.
#[derive(Clone, Copy)]
enum Count {
    Dropped = 0,
    Unwritten = 2,
}

/// Words of the counts.
const COUNTS: usize = 4;

/// What a run that has ended has counted in its file; 0 where that cannot be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RunCounts {
    /// Views that were dropped.
    pub(super) dropped: u64,
    /// Events that no segment has.
    pub(super) unwritten: u64,
}

/// The file of the run that lives.
#[derive(Debug)]
pub(super) struct RunFile {
    /// Kept for its lock.
    _file: File,
    mapped: MappedWords,
}

impl RunFile {
    /// Begins a run in a file that is locked.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn begin(file: File, header: &Header) -> io::Result<RunFile> {
        nix::fcntl::posix_fallocate(&file, 0, (WORDS * WORD) as i64)?;
        let words = header.encode().into_iter().chain([0; COUNTS]);
        file.write_all_at(&format::to_bytes(words), 0)?;
        let mapped = MappedWords::map(&file, WORDS)?;
        Ok(RunFile {
            _file: file,
            mapped,
        })
    }

    /// Counts a view that was dropped.
    pub(super) fn count_dropped(&self) {
        self.increment(Count::Dropped);
    }

    /// Counts an event that no segment has. Returns how many there were before.
    pub(super) fn count_unwritten(&self) -> u64 {
        self.increment(Count::Unwritten)
    }

    /// How many views were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.copies(Count::Dropped)[0].load(Ordering::Relaxed)
    }

    /// How many events no segment has.
    pub(super) fn unwritten(&self) -> u64 {
        self.copies(Count::Unwritten)[0].load(Ordering::Relaxed)
    }

    fn increment(&self, count: Count) -> u64 {
        let [first, second] = self.copies(count);
        let before = first.fetch_add(1, Ordering::Relaxed);
        second.fetch_add(1, Ordering::Relaxed);
        before
    }

    fn copies(&self, count: Count) -> [&AtomicU64; 2] {
        let at = HEADER + count as usize;
        let words = self.mapped.words();
        [&words[at], &words[at + 1]]
    }
}

/// Reads the file of a run that has ended: its header, if it is one, and what it has counted.
///
/// # Errors
/// Those of the file system.
pub(super) fn read(path: &Path) -> io::Result<(Result<Header, BadHeader>, RunCounts)> {
    let words = read_words(&File::open(path)?, 0, HEADER + COUNTS)?;
    let header = Header::decode(&words);
    let counted = |count: Count| match words.get(HEADER + count as usize..) {
        Some(&[first, second, ..]) if first.wrapping_sub(second) < MAX_THREADS => first,
        _ => 0,
    };
    let counts = RunCounts {
        dropped: counted(Count::Dropped),
        unwritten: counted(Count::Unwritten),
    };
    Ok((header, counts))
}
