//! The file of a run: locked while the run lives. It also counts the views that found the journal at its limit, for they
//! have no other place to be remembered in.

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
        let words = header.encode().into_iter().chain([0, 0]);
        file.write_all_at(&format::to_bytes(words), 0)?;
        let mapped = MappedWords::map(&file, WORDS)?;
        Ok(RunFile {
            _file: file,
            mapped,
        })
    }

    /// Counts a view that was dropped. The second copy tells a count from a damaged one.
    pub(super) fn count_dropped(&self) {
        for word in self.copies() {
            word.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many views were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.copies()[0].load(Ordering::Relaxed)
    }

    fn copies(&self) -> &[AtomicU64] {
        &self.mapped.words()[HEADER..HEADER + 2]
    }
}

/// Reads the file of a run that has ended: its header, if it is one, and how many views were dropped, 0 where that cannot
/// be told.
///
/// # Errors
/// Those of the file system.
pub(super) fn read(path: &Path) -> io::Result<(Result<Header, BadHeader>, u64)> {
    let words = read_words(&File::open(path)?, 0, HEADER + 2)?;
    let header = Header::decode(&words);
    let dropped = match words.get(HEADER..) {
        Some(&[first, second]) if first.wrapping_sub(second) < MAX_THREADS => first,
        _ => 0,
    };
    Ok((header, dropped))
}
