//! A file mapped into memory, as words that all threads may write.

#![allow(
    unsafe_code,
    reason = "shared memory has no owner; as atomic words it needs none, and nothing else here is unsafe"
)]

use std::fs::File;
use std::io;
use std::sync::atomic::AtomicU64;

use memmap2::{MmapOptions, MmapRaw};

use super::format::WORD;

/// The beginning of a file, mapped and shared with the kernel: what is stored in it is in the file, whatever becomes of
/// the process.
#[derive(Debug)]
pub(super) struct MappedWords {
    map: MmapRaw,
}

impl MappedWords {
    /// Maps the first `words` words of a file, whose blocks must be allocated: for a page that the file system has no
    /// block for, the kernel kills the process.
    ///
    /// # Errors
    /// Those of the system; also where the file is shorter.
    pub(super) fn map(file: &File, words: usize) -> io::Result<MappedWords> {
        let bytes = words * WORD;
        if file.metadata()?.len() < bytes as u64 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let map = MmapOptions::new().len(bytes).map_raw(file)?;
        Ok(MappedWords { map })
    }

    /// The words. They are little endian.
    pub(super) fn words(&self) -> &[AtomicU64] {
        // SAFETY: the mapping begins at a page, so that it is aligned; it is as long as stated, readable and writable, and
        // lives as long as `self`. Other threads and processes access it as well, which atomic words allow.
        unsafe { std::slice::from_raw_parts(self.map.as_mut_ptr().cast(), self.map.len() / WORD) }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;
    use std::sync::atomic::Ordering;

    use super::*;

    #[test]
    fn what_is_stored_is_in_the_file() {
        let file = tempfile::tempfile().unwrap();
        assert!(MappedWords::map(&file, 512).is_err(), "it is empty");
        file.set_len(4096).unwrap();
        let mapped = MappedWords::map(&file, 512).unwrap();
        assert_eq!(mapped.words().len(), 512);
        mapped.words()[511].store(u64::from_le_bytes(*b"the last"), Ordering::Relaxed);
        let mut last = [0; 8];
        file.read_exact_at(&mut last, 511 * 8).unwrap();
        assert_eq!(&last, b"the last");
        file.write_all_at(b"as read ", 0).unwrap();
        assert_eq!(
            mapped.words()[0].load(Ordering::Relaxed).to_le_bytes(),
            *b"as read "
        );
    }
}
