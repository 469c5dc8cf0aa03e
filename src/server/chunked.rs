//! The chunked transfer coding (RFC 9112 §7.1), decoded strictly and within bounds.

/// The longest line of a chunk's size with its extensions, in bytes.
const MAX_SIZE_LINE: usize = 256;

/// The most that trailer fields may come to, in bytes.
const MAX_TRAILERS: usize = 8 << 10;

/// Why a body is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkError {
    /// It is not in chunks.
    Malformed,
    /// It is longer than allowed.
    TooLarge,
}

/// Takes a body piece by piece. Keeps at most one line of what it has seen.
#[derive(Debug, Default)]
pub struct ChunkedDecoder {
    state: State,
    /// The line under way, without what is still to come.
    line: Vec<u8>,
    trailers: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    Data(u64),
    /// The line end after a chunk's data.
    DataEnd,
    Trailers,
    Complete,
}

impl ChunkedDecoder {
    /// Decodes `input` and appends data to `body`, which may grow to `max` bytes. Returns how much of `input` belongs to
    /// this body: less than all of it only at its end.
    pub fn decode(
        &mut self,
        input: &[u8],
        body: &mut Vec<u8>,
        max: u64,
    ) -> Result<usize, ChunkError> {
        let mut at = 0;
        while at < input.len() && self.state != State::Complete {
            let rest = &input[at..];
            at += match self.state {
                State::Data(left) => {
                    let length = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    body.extend_from_slice(&rest[..length]);
                    let left = left - length as u64;
                    self.state = if left == 0 {
                        State::DataEnd
                    } else {
                        State::Data(left)
                    };
                    length
                }
                _ => self.take_line(rest, body.len() as u64, max)?,
            };
        }
        Ok(at)
    }

    /// Whether the body is whole.
    pub fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Takes a line, or what is there of it, and acts on it once it is whole.
    fn take_line(&mut self, rest: &[u8], known: u64, max: u64) -> Result<usize, ChunkError> {
        let (length, whole) = match memchr::memchr(b'\n', rest) {
            Some(end) => (end + 1, true),
            None => (rest.len(), false),
        };
        let most = match self.state {
            State::Trailers => MAX_TRAILERS - self.trailers,
            State::DataEnd => 2,
            _ => MAX_SIZE_LINE,
        };
        if self.line.len() + length > most {
            return Err(ChunkError::Malformed);
        }
        self.line.extend_from_slice(&rest[..length]);
        if whole {
            let line = std::mem::take(&mut self.line);
            self.state = self.next_state(&line, known, max)?;
        }
        Ok(length)
    }

    fn next_state(&mut self, line: &[u8], known: u64, max: u64) -> Result<State, ChunkError> {
        let text = line.strip_suffix(b"\r\n").ok_or(ChunkError::Malformed)?;
        if text.contains(&b'\r') {
            return Err(ChunkError::Malformed);
        }
        match self.state {
            State::DataEnd if text.is_empty() => Ok(State::Size),
            State::Trailers if text.is_empty() => Ok(State::Complete),
            State::Trailers => {
                self.trailers += line.len();
                is_trailer(line)
                    .then_some(State::Trailers)
                    .ok_or(ChunkError::Malformed)
            }
            State::Size => match chunk_size(line).ok_or(ChunkError::Malformed)? {
                0 => Ok(State::Trailers),
                size if known.saturating_add(size) > max => Err(ChunkError::TooLarge),
                size => Ok(State::Data(size)),
            },
            State::Data(_) | State::DataEnd | State::Complete => Err(ChunkError::Malformed),
        }
    }
}

/// `1*HEXDIG [ BWS ";" … ] CRLF`. The parser also takes no digit at all, and blanks before the line end.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let after = line[digits..].trim_ascii_start();
    let plain = line[digits..] == *b"\r\n";
    let extended = after.first() == Some(&b';') && after.iter().all(is_text);
    if digits == 0 || !(plain || extended) {
        return None;
    }
    match httparse::parse_chunk_size(line) {
        Ok(httparse::Status::Complete((_, size))) => Some(size),
        _ => None,
    }
}

/// Whether a byte may be in an extension: tabs, blanks, visible characters, and what is beyond ASCII.
fn is_text(byte: &u8) -> bool {
    matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~' | 0x80..)
}

/// Whether a line is a header field. Trailer fields are checked and left out (RFC 9112 §7.1.2).
fn is_trailer(line: &[u8]) -> bool {
    let mut fields = [httparse::EMPTY_HEADER; 1];
    let whole = [line, b"\r\n"].concat();
    matches!(
        httparse::parse_headers(&whole, &mut fields),
        Ok(httparse::Status::Complete(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(pieces: &[&[u8]]) -> Result<(String, usize, bool), ChunkError> {
        let (mut decoder, mut body, mut taken) = (ChunkedDecoder::default(), Vec::new(), 0);
        for piece in pieces {
            taken += decoder.decode(piece, &mut body, 100)?;
        }
        Ok((
            String::from_utf8(body).unwrap(),
            taken,
            decoder.is_complete(),
        ))
    }

    #[test]
    fn chunks_come_together_however_they_are_cut() {
        let text = b"5;a=b\r\nhello\r\n00A ;x=\"\t\"\r\n, there you\r\n0\r\nX-Sum: 1\r\n\r\nGET /";
        let wanted = ("hello, there you".to_owned(), text.len() - 5, true);
        let text = [&text[..], b""].concat();
        let text = String::from_utf8(text).unwrap().replace("00A", "00b");
        for cut in 0..text.len() {
            let (a, b) = text.as_bytes().split_at(cut);
            let (body, taken, done) = decode(&[a, b]).unwrap();
            assert_eq!((body, taken, done), wanted.clone(), "cut at {cut}");
        }
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        for text in [
            "+5\r\nhello\r\n",
            " 5\r\nhello\r\n",
            "5 \r\nhello\r\n",
            "0x5\r\nhello\r\n",
            "5\nhello\r\n",
            "5;a\0\r\nhello\r\n",
            "2;\nxx\r\n",
            "\r\n",
            "5\r\nhellox\r\n",
            "5\r\nhello\n",
            "g\r\n",
            "10000000000000000\r\n",
            "0\r\nno field\r\n\r\n",
            "0\r\nX : a\r\n\r\n",
            "0\r\n folded\r\n\r\n",
        ] {
            assert_eq!(
                decode(&[text.as_bytes()]),
                Err(ChunkError::Malformed),
                "{text:?}"
            );
        }
        assert_eq!(decode(&[b"65\r\n"]), Err(ChunkError::TooLarge));
        assert_eq!(
            decode(&[b"64\r\n", &[b'a'; 100], b"\r\n1\r\n"]),
            Err(ChunkError::TooLarge)
        );
    }

    #[test]
    fn lines_without_end_are_refused_early() {
        let endless = vec![b'0'; MAX_SIZE_LINE + 1];
        assert_eq!(decode(&[&endless]), Err(ChunkError::Malformed));
        let trailers = [&b"0\r\n"[..], &b"a:\r\n".repeat(MAX_TRAILERS / 4 + 1)].concat();
        assert_eq!(decode(&[&trailers]), Err(ChunkError::Malformed));
    }
}
