//! A ZIP archive, as far as exports are one: files that are stored or deflated (APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and
//! 4.3.16), found by their names in the archive's directory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use flate2::read::DeflateDecoder;

/// The first bytes of a file's header.
pub const FILE_HEADER: [u8; 4] = *b"PK\x03\x04";
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";

/// The end record and the longest comment after it.
const END_SEARCH: u64 = 22 + 0xFFFF;

/// The longest directory that is read, in bytes.
const MAX_DIRECTORY: u64 = 16 << 20;

/// An archive.
pub struct Archive {
    file: File,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    method: u16,
    size: u64,
    header: u64,
}

impl Archive {
    /// Reads the directory of an archive.
    ///
    /// # Errors
    /// Those of reading, and where it is no archive that can be read.
    pub fn open_file(mut file: File) -> io::Result<Archive> {
        let length = file.metadata()?.len();
        let mut tail = Vec::new();
        file.seek(SeekFrom::Start(length.saturating_sub(END_SEARCH)))?;
        file.by_ref().take(END_SEARCH).read_to_end(&mut tail)?;
        let end = memchr::memmem::rfind(&tail, &END)
            .ok_or_else(|| broken("the archive's end is missing; it was cut short"))?;
        let end = &tail[end..];
        let (size, start) = (number(end, 12, 4)?, number(end, 16, 4)?);
        if size > MAX_DIRECTORY {
            return Err(broken("the archive's directory is too long"));
        }
        let mut directory = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        file.by_ref().take(size).read_to_end(&mut directory)?;
        Ok(Archive {
            file,
            entries: entries(&directory)?,
        })
    }

    /// Opens the file of this name, in whatever folder.
    ///
    /// # Errors
    /// Those of reading, and where there is none that can be read.
    pub fn open(&mut self, name: &str) -> io::Result<impl Read> {
        let is_named = |entry: &&Entry| {
            let rest = entry.name.strip_suffix(name);
            rest.is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
        };
        let entry = self.entries.iter().find(is_named);
        let entry = entry.ok_or_else(|| broken(&format!("there is no {name} in the archive")))?;
        let mut header = [0; 30];
        self.file.seek(SeekFrom::Start(entry.header))?;
        self.file.read_exact(&mut header)?;
        if header[..4] != FILE_HEADER {
            return Err(broken(&format!("the header of {name} is damaged")));
        }
        let names = number(&header, 26, 2)? + number(&header, 28, 2)?;
        self.file.seek(SeekFrom::Current(names.cast_signed()))?;
        let content = self.file.by_ref().take(entry.size);
        let content: Box<dyn Read> = match entry.method {
            0 => Box::new(content),
            8 => Box::new(DeflateDecoder::new(content)),
            _ => {
                return Err(broken(&format!(
                    "{name} is compressed in a way that is not read here"
                )));
            }
        };
        Ok(content)
    }
}

fn entries(directory: &[u8]) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut rest = directory;
    while rest.starts_with(&ENTRY) {
        let lengths = [28, 30, 32].map(|at| number(rest, at, 2));
        let [name, extra, comment] = lengths;
        let (name, skipped) = (name? as usize, extra? + comment?);
        let text = rest.get(46..46 + name).ok_or_else(cut_directory)?;
        entries.push(Entry {
            name: String::from_utf8_lossy(text).into_owned(),
            method: number(rest, 10, 2)? as u16,
            size: number(rest, 20, 4)?,
            header: number(rest, 42, 4)?,
        });
        rest = rest
            .get(46 + name + skipped as usize..)
            .ok_or_else(cut_directory)?;
    }
    Ok(entries)
}

/// A little-endian number.
fn number(bytes: &[u8], at: usize, length: usize) -> io::Result<u64> {
    let digits = bytes.get(at..at + length).ok_or_else(cut_directory)?;
    Ok(digits
        .iter()
        .rev()
        .fold(0, |sum, digit| sum << 8 | u64::from(*digit)))
}

fn cut_directory() -> io::Error {
    broken("the archive's directory is cut short")
}

fn broken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
