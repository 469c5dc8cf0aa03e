//! Brings posts in from Markdown files as static site generators keep them; [`log`] brings views in from access logs.
//!
//! [`walk()`] finds the files, [`read`] makes a post of one. Each file stands alone: one that
//! cannot be read is reported with its line and what to try, and the others are imported all the
//! same. Nothing here knows the store, so importing twice, counting and reporting are the caller's
//! part.
//!
//! What generators disagree on is decided once, here: Jekyll, Hugo, Zola, Hexo and Astro all keep
//! posts in files whose front matter, names and folders say nearly the same in different words.

mod date;
mod error;
mod front_matter;
mod heading;
pub mod log;
mod name;
mod post;
mod toml;
mod walk;
mod yaml;

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use jiff::Timestamp;

pub use error::{FileError, Problem};
pub use walk::{Found, Walk, walk};

use name::Place;

/// A post as a file tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedPost {
    /// The canonical absolute path of the file.
    pub source: String,
    /// The path below the root, `/` between its parts; the file's name where the root is the file.
    pub relative: String,
    /// A valid slug, see [`crate::model::slug`]. Two files may come to the same one; the caller
    /// decides.
    pub slug: String,
    /// 1 to 500 characters on one line.
    pub title: String,
    /// Empty where the front matter has none.
    pub summary: String,
    /// Everything after the front matter, to the byte.
    pub body: String,
    /// Without doubles, in the order given.
    pub tags: Vec<String>,
    /// UTC milliseconds; `None` where neither front matter nor name tells.
    pub published_at: Option<i64>,
    /// UTC milliseconds.
    pub updated_at: Option<i64>,
}

/// What became of a file that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A post to keep.
    Post(ImportedPost),
    /// Passed over, as its author asked.
    Skipped(SkipReason),
}

/// Why a file was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SkipReason {
    /// `draft: true`, `published: false`, or below a folder `_drafts`.
    Draft,
    /// The file, or a folder above it and below the root, begins with `.`.
    Hidden,
    /// Dated later than now.
    Future,
}

/// Reads one file found below `root` (or that is the root) at the time `now`.
///
/// `max_body` bounds the body in bytes; a larger file is refused before it is read.
///
/// # Errors
///
/// When the file cannot be read, is not UTF-8, is too large, or its front matter does not make
/// sense.
pub fn read(file: &Path, root: &Path, now: Timestamp, max_body: u64) -> Result<Outcome, FileError> {
    let failed = |problem: Problem| problem.of(file, None);
    let place = Place::of(file, root).map_err(failed)?;
    if place.hidden {
        return Ok(Outcome::Skipped(SkipReason::Hidden));
    }
    if place.draft {
        return Ok(Outcome::Skipped(SkipReason::Draft));
    }
    let canonical = file
        .canonicalize()
        .map_err(|error| failed(Problem::from_io(error)))?;
    let source = canonical
        .to_str()
        .ok_or_else(|| failed(Problem::PathNotUtf8))?
        .to_owned();
    let bytes = bytes_of(file, max_body).map_err(failed)?;
    let text = str::from_utf8(&bytes).map_err(|error| {
        let (good, bad) = bytes.split_at(error.valid_up_to());
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        Problem::NotUtf8(bad.first().copied().unwrap_or_default()).of(file, line)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    post::from_text(text, place, source, now, max_body)
        .map_err(|(line, problem)| problem.of(file, line))
}

/// All bytes of a regular file no larger than a post can be.
fn bytes_of(file: &Path, max_body: u64) -> Result<Vec<u8>, Problem> {
    let metadata = fs::metadata(file).map_err(Problem::from_io)?;
    if !metadata.is_file() {
        return Err(Problem::NotRegular);
    }
    // The byte order mark belongs to neither part.
    let limit = max_body.saturating_add(front_matter::MAX_BYTES as u64 + 3);
    let too_large = |size| Problem::TooLarge {
        size,
        limit: max_body,
    };
    if metadata.len() > limit {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::new();
    // It may have grown since.
    let opened = File::open(file).map_err(Problem::from_io)?;
    opened
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(Problem::from_io)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
