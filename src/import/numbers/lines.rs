//! Lines of a file, each with its number, and none longer than what is read into memory for it.

use std::io::{self, BufRead};

/// The longest line, in bytes. Real ones have a few hundred.
const MAX_LINE: usize = 1 << 20;

/// Reads lines.
pub struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    number: u64,
}

/// A line without its end.
pub struct Line<'l> {
    /// From 1.
    pub number: u64,
    /// Its text; cut where it is too long.
    pub text: &'l [u8],
    /// Whether it is.
    pub too_long: bool,
}

impl<R: BufRead> Lines<R> {
    /// The lines of a file.
    pub fn new(reader: R) -> Lines<R> {
        Lines {
            reader,
            line: Vec::new(),
            number: 0,
        }
    }

    /// The next line.
    ///
    /// # Errors
    /// Those of reading.
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let mut length = 0;
        loop {
            let buffer = match self.reader.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let end = memchr::memchr(b'\n', buffer);
            let taken = end.map_or(buffer.len(), |at| at + 1);
            let room = MAX_LINE.saturating_sub(self.line.len()).min(taken);
            self.line.extend_from_slice(&buffer[..room]);
            length += taken;
            self.reader.consume(taken);
            if end.is_some() || taken == 0 {
                break;
            }
        }
        if length == 0 {
            return Ok(None);
        }
        self.number += 1;
        let text = self.line.as_slice();
        let text = match self.number {
            1 => text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text),
            _ => text,
        };
        Ok(Some(Line {
            number: self.number,
            text: text.trim_ascii_end(),
            too_long: length > MAX_LINE,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_and_bounded() {
        let long = "x".repeat(MAX_LINE + 7);
        let text = format!("\u{feff}a\r\n\n{long}\nlast");
        let mut lines = Lines::new(io::BufReader::new(text.as_bytes()));
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push((line.number, line.text.len(), line.too_long));
        }
        assert_eq!(
            found,
            [
                (1, 1, false),
                (2, 0, false),
                (3, MAX_LINE, true),
                (4, 4, false)
            ]
        );
    }
}
