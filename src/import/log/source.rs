//! Where a log comes from: a file that can be read again, or a stream that cannot; compressed or not.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::fingerprint::{self, Beginning, Known};

/// The first bytes of a gzip member (RFC 1952 section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What stands for standard input.
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
    /// What the system says.
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

    /// Its size in bytes as it lies there, if that is known.
    pub fn size(&self) -> Option<u64> {
        match &self.from {
            From::File(file) => file.metadata().ok().map(|metadata| metadata.len()),
            From::Stream(_) => None,
        }
    }

    /// The hash of its first line; `None` where it cannot be read twice, or is empty.
    ///
    /// # Errors
    /// As with every method here: what the system says, or the decompression.
    pub fn head(&mut self) -> io::Result<Option<String>> {
        match self.again()? {
            Some(mut reader) => fingerprint::head(&mut reader),
            None => Ok(None),
        }
    }

    /// Which of the `known` (the shortest first) it begins with.
    ///
    /// # Errors
    /// See [`Source::head`].
    pub fn beginning(&mut self, known: &[Known]) -> io::Result<Beginning> {
        match self.again()? {
            Some(mut reader) if !known.is_empty() => fingerprint::beginning(&mut reader, known),
            _ => Ok(Beginning::default()),
        }
    }

    /// Reads it, decompressed, after its first `skip` bytes. `watch` sees the bytes as they lie there.
    ///
    /// # Errors
    /// See [`Source::head`].
    pub fn read<'a>(
        &'a mut self,
        skip: u64,
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
        io::copy(&mut (&mut reader).take(skip), &mut io::sink())?;
        Ok(reader)
    }

    /// From its start, if it can be read more than once.
    fn again(&mut self) -> io::Result<Option<Box<dyn Read + '_>>> {
        match &mut self.from {
            From::File(file) => {
                file.rewind()?;
                decompressed(Box::new(&*file)).map(Some)
            }
            From::Stream(_) => Ok(None),
        }
    }
}

/// Undoes gzip where the first bytes say so; a file of several members is read to its end, as `zcat` does.
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
