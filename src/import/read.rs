//! Reads a post from one file.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use jiff::Timestamp;

use super::{
    error::{FileError, ImportError},
    front_matter,
    imported_post::{Outcome, SkipReason},
    location::FileLocation,
    post,
};

/// Reads one file found below `root` (or that is the root) at the time `now`.
///
/// `max_body` bounds the body in bytes; a larger file is refused before it is read.
///
/// # Errors
///
/// When the file cannot be read, is not UTF-8, is too large, or its front matter is not
/// valid.
pub fn read(file: &Path, root: &Path, now: Timestamp, max_body: u64) -> Result<Outcome, FileError> {
    let failed = |error: ImportError| error.of(file, None);
    let location = FileLocation::of(file, root).map_err(failed)?;
    if location.hidden {
        return Ok(Outcome::Skipped(SkipReason::Hidden));
    }
    if location.draft {
        return Ok(Outcome::Skipped(SkipReason::Draft));
    }
    let canonical = file
        .canonicalize()
        .map_err(|error| failed(ImportError::from_io(error)))?;
    let source = canonical
        .to_str()
        .ok_or_else(|| failed(ImportError::PathNotUtf8))?
        .to_owned();
    let bytes = bytes_of(file, max_body).map_err(failed)?;
    let text = str::from_utf8(&bytes).map_err(|error| {
        let (good, bad) = bytes.split_at(error.valid_up_to());
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        ImportError::NotUtf8(bad.first().copied().unwrap_or_default()).of(file, line)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    post::from_text(text, location, source, now, max_body)
        .map_err(|(line, error)| error.of(file, line))
}

/// All bytes of a regular file no larger than a post can be.
fn bytes_of(file: &Path, max_body: u64) -> Result<Vec<u8>, ImportError> {
    let metadata = fs::metadata(file).map_err(ImportError::from_io)?;
    if !metadata.is_file() {
        return Err(ImportError::NotRegular);
    }
    // The limits of body and front matter, and a byte order mark.
    let limit = max_body.saturating_add(front_matter::MAX_BYTES as u64 + 3);
    let too_large = |size| ImportError::TooLarge {
        size,
        limit: max_body,
    };
    if metadata.len() > limit {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::new();
    // The file may have grown since.
    let opened = File::open(file).map_err(ImportError::from_io)?;
    opened
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(ImportError::from_io)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

#[cfg(test)]
#[path = "../../tests/import/files.rs"]
mod tests;
