//! A counter's batch in a file: what the store did not take, for the next start to count.
//!
//! It begins with the same header as a segment, which is followed by the length of the batch and its checksum.

use std::fs;
use std::hash::Hasher;
use std::io::{self, Write};
use std::path::Path;

use siphasher::sip::SipHasher13;

use super::folder;
use super::format::{self, BadHeader, HEADER, Header, WORD};
use super::segment::read_words;
use crate::model::{Batch, RunId};

/// What a batch file turned out to be.
#[derive(Debug)]
pub(super) enum BatchFile {
    /// A batch, of this database and run.
    Batch(Header, Box<Batch>),
    /// It is damaged, or not wholly stored.
    Damaged,
    /// It is of a later version.
    Version(u32),
}

/// Encodes a batch of a run.
///
/// # Errors
/// Those of the encoder.
pub fn encode(database: i64, run: RunId, batch: &Batch) -> io::Result<Vec<u8>> {
    let header = Header {
        database,
        run,
        number: 0,
        slots: 0,
    };
    let batch = postcard::to_stdvec(batch).map_err(io::Error::other)?;
    Ok(seal(&header, &batch))
}

/// Puts a header, the length and the checksum before an encoded batch.
pub fn seal(header: &Header, batch: &[u8]) -> Vec<u8> {
    let words = header.encode().into_iter();
    let mut bytes = format::to_bytes(words.chain([batch.len() as u64, checksum(batch)]));
    bytes.extend_from_slice(batch);
    bytes
}

/// Writes a file, which is either there whole when this returns, even after a loss of power, or not at all.
///
/// # Errors
/// Those of the file system.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let written = (|| {
        let mut file = folder::open(&temporary)?;
        file.set_len(0)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    })();
    if written.is_err() {
        // The error that matters is the one reported.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Reads a file.
///
/// # Errors
/// Those of the file system.
pub(super) fn read(path: &Path) -> io::Result<BatchFile> {
    let file = fs::File::open(path)?;
    let words = read_words(&file, 0, HEADER + 2)?;
    let header = match Header::decode(&words) {
        Ok(header) => header,
        Err(BadHeader::Damaged) => return Ok(BatchFile::Damaged),
        Err(BadHeader::Version(version)) => return Ok(BatchFile::Version(version)),
    };
    let start = (HEADER + 2) * WORD;
    let Some(&[length, sum]) = words.get(HEADER..) else {
        return Ok(BatchFile::Damaged);
    };
    // Before it is read: a damaged file may have any size.
    if file.metadata()?.len().checked_sub(start as u64) != Some(length) {
        return Ok(BatchFile::Damaged);
    }
    let bytes = fs::read(path)?;
    let batch = bytes.get(start..).unwrap_or_default();
    if sum != checksum(batch) {
        return Ok(BatchFile::Damaged);
    }
    Ok(match postcard::from_bytes(batch) {
        Ok(batch) => BatchFile::Batch(header, Box::new(batch)),
        Err(_) => BatchFile::Damaged,
    })
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    hasher.finish()
}
