//! Splits a log into chunks of whole lines.

use std::io::{self, Read};

use memchr::{memchr, memrchr};

/// The size of a chunk, and the longest line that is parsed.
const CHUNK: usize = 1 << 20;

/// Splits a reader into chunks of whole lines. Uses the memory of one chunk.
pub struct Chunks<R> {
    reader: R,
    buffer: Vec<u8>,
    /// The part of `buffer` that is read and not yet returned.
    from: usize,
    to: usize,
    ended: bool,
    /// Whether the next byte belongs to a line that was already handled.
    inside_line: bool,
}

/// Some lines of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// All bytes of this chunk.
    pub bytes: &'a [u8],
    /// The lines to parse: without the rest of a line that was already handled, and without a line that is too long.
    pub lines: &'a [u8],
    /// Whether a line that is too long begins here.
    pub too_long: bool,
    /// Whether this is a last line without line end, which the server may still be writing.
    pub unfinished: bool,
}

impl<R: Read> Chunks<R> {
    /// Starts at the reader's position. `inside_line`: this is the middle of a line that was already handled.
    pub fn new(reader: R, inside_line: bool) -> Self {
        Self::of(reader, inside_line, CHUNK)
    }

    fn of(reader: R, inside_line: bool, size: usize) -> Self {
        Self {
            reader,
            buffer: vec![0; size],
            from: 0,
            to: 0,
            ended: false,
            inside_line,
        }
    }

    /// The next chunk; `None` at the end.
    ///
    /// # Errors
    /// An error of the reader. Earlier chunks are valid.
    pub fn next_chunk(&mut self) -> io::Result<Option<Chunk<'_>>> {
        self.fill()?;
        let data = &self.buffer[self.from..self.to];
        if data.is_empty() {
            return Ok(None);
        }
        let last_end = memrchr(b'\n', data);
        let bytes = &data[..last_end.map_or(data.len(), |at| at + 1)];
        self.from += bytes.len();
        let was_inside = self.inside_line;
        let (lines, too_long) = match (last_end, was_inside) {
            (Some(_), true) => {
                let begin = memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
                (&bytes[begin..], false)
            }
            (Some(_), false) => (bytes, false),
            (None, true) => (&bytes[..0], false),
            (None, false) if self.ended => (bytes, false),
            // The line fills the buffer and continues.
            (None, false) => (&bytes[..0], true),
        };
        self.inside_line = last_end.is_none();
        Ok(Some(Chunk {
            bytes,
            lines,
            too_long,
            unfinished: last_end.is_none() && !lines.is_empty(),
        }))
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.from..self.to, 0);
        (self.from, self.to) = (0, self.to - self.from);
        while !self.ended && self.to < self.buffer.len() {
            match self.reader.read(&mut self.buffer[self.to..]) {
                Ok(0) => self.ended = true,
                Ok(read) => self.to += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All lines, how many were too long, and whether the last one is unfinished.
    fn cut(text: &str, inside_line: bool, size: usize) -> (Vec<String>, usize, bool) {
        let mut chunks = Chunks::of(text.as_bytes(), inside_line, size);
        let (mut lines, mut too_long, mut unfinished) = (Vec::new(), 0, false);
        let mut whole = Vec::new();
        while let Some(chunk) = chunks.next_chunk().unwrap() {
            whole.extend_from_slice(chunk.bytes);
            let text = std::str::from_utf8(chunk.lines).unwrap();
            lines.extend(text.lines().map(str::to_owned));
            too_long += usize::from(chunk.too_long);
            unfinished = chunk.unfinished;
        }
        assert_eq!(whole, text.as_bytes());
        (lines, too_long, unfinished)
    }

    #[test]
    fn lines_come_whole_whatever_the_chunks() {
        for size in [4, 5, 7, 100] {
            let (lines, too_long, unfinished) = cut("ab\n\ncd\ne\n", false, size);
            assert_eq!(lines, ["ab", "", "cd", "e"], "{size}");
            assert_eq!((too_long, unfinished), (0, false));
        }
    }

    #[test]
    fn a_line_too_long_is_reported_once_and_skipped() {
        let (lines, too_long, unfinished) = cut("ab\n0123456789\ncd\n", false, 4);
        assert_eq!(lines, ["ab", "cd"]);
        assert_eq!((too_long, unfinished), (1, false));
    }

    #[test]
    fn the_rest_of_a_handled_line_is_skipped() {
        assert_eq!(cut("rest\nab\n", true, 100).0, ["ab"]);
        assert_eq!(cut("rest\nab\n", true, 3).0, ["ab"]);
        assert_eq!(cut("rest", true, 100).0, [""; 0]);
    }

    #[test]
    fn a_last_line_without_its_end_is_reported() {
        assert_eq!(
            cut("ab\ncd", false, 100),
            (vec!["ab".into(), "cd".into()], 0, true)
        );
        assert_eq!(cut("", false, 100), (vec![], 0, false));
    }
}
