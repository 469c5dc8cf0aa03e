//! Opens logs: files, which can be read twice, and streams, which cannot; compressed or not.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, Write};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::fingerprint::{self, ImportedPrefix, LogPrefix};

/// The first bytes of a gzip member (RFC 1952 section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The path that means standard input.
pub const STDIN: &str = "-";

/// An opened log.
pub struct Source {
    from: From,
}

enum From {
    File(File),
    /// Standard input, a pipe, a device.
    Stream(Box<dyn Read>),
}

impl Source {
    /// Opens a file, or standard input for `-`.
    ///
    /// # Errors
    /// An error of the system.
    pub fn open(path: &Path) -> io::Result<Source> {
        if path == Path::new(STDIN) {
            let from = From::Stream(Box::new(io::stdin()));
            return Ok(Source { from });
        }
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::other("it is a folder; name its files"));
        }
        let from = if metadata.is_file() {
            From::File(file)
        } else {
            From::Stream(Box::new(file))
        };
        Ok(Source { from })
    }

    /// The file's size in bytes; `None` for a stream.
    pub fn size(&self) -> Option<u64> {
        match &self.from {
            From::File(file) => file.metadata().ok().map(|metadata| metadata.len()),
            From::Stream(_) => None,
        }
    }

    /// The hash of its first line; `None` for a stream or an empty log.
    ///
    /// # Errors
    /// An error of the system or of the decompression.
    pub fn head(&mut self) -> io::Result<Option<String>> {
        match self.rewound()? {
            Some(mut reader) => fingerprint::head(&mut reader),
            None => Ok(None),
        }
    }

    /// Which of the `known` prefixes (the shortest first) it begins with.
    ///
    /// # Errors
    /// See [`Source::head`].
    pub fn prefix(&mut self, known: &[ImportedPrefix]) -> io::Result<LogPrefix> {
        match self.rewound()? {
            Some(mut reader) if !known.is_empty() => fingerprint::prefix(&mut reader, known),
            _ => Ok(LogPrefix::default()),
        }
    }

    /// Reads it, decompressed, after its first `skip` bytes, which go to `skipped`. `watch` wraps the reader of the raw
    /// bytes.
    ///
    /// # Errors
    /// See [`Source::head`].
    pub fn read<'a>(
        &'a mut self,
        skip: u64,
        skipped: &mut dyn Write,
        watch: impl FnOnce(Box<dyn Read + 'a>) -> Box<dyn Read + 'a>,
    ) -> io::Result<Box<dyn Read + 'a>> {
        let raw: Box<dyn Read + 'a> = match &mut self.from {
            From::File(file) => {
                file.rewind()?;
                Box::new(&*file)
            }
            From::Stream(stream) => Box::new(stream),
        };
        let mut reader = decompressed(watch(raw))?;
        io::copy(&mut (&mut reader).take(skip), skipped)?;
        Ok(reader)
    }

    /// A reader from the start; `None` for a stream.
    fn rewound(&mut self) -> io::Result<Option<Box<dyn Read + '_>>> {
        match &mut self.from {
            From::File(file) => {
                file.rewind()?;
                decompressed(Box::new(&*file)).map(Some)
            }
            From::Stream(_) => Ok(None),
        }
    }
}

/// Decompresses gzip, recognised by the first bytes; a file of several members is read to its end, as `zcat` does.
fn decompressed<'a>(mut reader: Box<dyn Read + 'a>) -> io::Result<Box<dyn Read + 'a>> {
    let mut first = Vec::with_capacity(GZIP.len());
    (&mut reader)
        .take(GZIP.len() as u64)
        .read_to_end(&mut first)?;
    let compressed = first == GZIP;
    let whole = Cursor::new(first).chain(reader);
    if compressed {
        let buffered = BufReader::with_capacity(64 << 10, whole);
        return Ok(Box::new(MultiGzDecoder::new(buffered)));
    }
    Ok(Box::new(whole))
}
