//! Knows a log again by its content, so that neither a new name nor compression makes it another one.
//!
//! The first line finds candidates; the hash of as many bytes as were imported decides. A log that has grown since has
//! the same beginning.

use std::hash::Hasher;
use std::io::{self, Read};

use memchr::{memchr, memchr_iter};
use siphasher::sip128::{Hasher128, SipHasher13};

/// Bytes of a first line that are looked at.
const HEAD_MAX: usize = 64 << 10;

/// The hash of all bytes so far, and how many they are. Whoever can write a log can make it collide; that would only
/// keep their own log from being counted.
#[derive(Clone, Debug)]
pub struct Fingerprint {
    hasher: SipHasher13,
    bytes: u64,
}

impl Default for Fingerprint {
    fn default() -> Self {
        Self {
            hasher: SipHasher13::new(),
            bytes: 0,
        }
    }
}

impl Fingerprint {
    /// Takes the next bytes in.
    pub fn add(&mut self, bytes: &[u8]) {
        self.hasher.write(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// How many bytes it covers.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The hash, 32 hexadecimal digits.
    pub fn hash(&self) -> String {
        format!("{:032x}", self.hasher.finish128().as_u128())
    }
}

/// Something imported before that begins with the same line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Bytes imported.
    pub bytes: u64,
    /// Their hash.
    pub hash: String,
}

/// What a log begins with.
#[derive(Clone, Debug, Default)]
pub struct Beginning {
    /// Which of the known ones it continues, by its place in their list.
    pub known: Option<usize>,
    /// The part that is known.
    pub part: Fingerprint,
    /// Lines that begin in it.
    pub lines: u64,
    /// Whether it ends inside a line.
    pub inside_line: bool,
    /// Whether the log ends before a known one does, so that it cannot be told from a part of it.
    pub too_short: bool,
}

/// The hash of the first line without its end; `None` for a log without a byte.
pub(super) fn head(reader: &mut dyn Read) -> io::Result<Option<String>> {
    let mut first = Vec::new();
    let mut piece = [0; 4096];
    let mut limited = reader.take(HEAD_MAX as u64);
    loop {
        let read = limited.read(&mut piece)?;
        let end = memchr(b'\n', &piece[..read]);
        first.extend_from_slice(&piece[..end.unwrap_or(read)]);
        if end.is_some() || read == 0 {
            let any = end.is_some() || !first.is_empty();
            let line = first.strip_suffix(b"\r").unwrap_or(&first);
            let mut fingerprint = Fingerprint::default();
            fingerprint.add(line);
            return Ok(any.then(|| fingerprint.hash()));
        }
    }
}

/// Finds the longest of the `known` (the shortest first) that the log begins with.
pub(super) fn beginning(reader: &mut dyn Read, known: &[Known]) -> io::Result<Beginning> {
    let mut found = Beginning::default();
    let mut all = Beginning::default();
    let mut piece = vec![0; 64 << 10];
    for (place, candidate) in known.iter().enumerate() {
        while all.part.bytes() < candidate.bytes {
            let missing = candidate.bytes - all.part.bytes();
            let most = usize::try_from(missing).map_or(piece.len(), |n| n.min(piece.len()));
            let read = match reader.read(&mut piece[..most]) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if read == 0 {
                found.too_short = found.known.is_none();
                return Ok(found);
            }
            all.part.add(&piece[..read]);
            all.lines += memchr_iter(b'\n', &piece[..read]).count() as u64;
            all.inside_line = piece[read - 1] != b'\n';
        }
        if all.part.hash() == candidate.hash {
            found = Beginning {
                known: Some(place),
                lines: all.lines + u64::from(all.inside_line),
                ..all.clone()
            };
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str) -> Known {
        let mut fingerprint = Fingerprint::default();
        fingerprint.add(text.as_bytes());
        Known {
            bytes: fingerprint.bytes(),
            hash: fingerprint.hash(),
        }
    }

    #[test]
    fn the_hash_does_not_depend_on_how_bytes_come() {
        let text: Vec<u8> = (0..=255).collect();
        for size in [1, 3, 8, 100] {
            let mut fingerprint = Fingerprint::default();
            text.chunks(size).for_each(|part| fingerprint.add(part));
            let mut whole = Fingerprint::default();
            whole.add(&text);
            assert_eq!(fingerprint.hash(), whole.hash());
        }
        // It is kept in databases: another algorithm would forget every log.
        assert_eq!(known("log").hash, "2020895a671d2986bfa06766f5ec3051");
    }

    #[test]
    fn a_log_is_found_by_its_longest_beginning() {
        let logs = [known("a\nb"), known("a\nx\n"), known("a\nb\nc\n")];
        let of = |text: &str| beginning(&mut text.as_bytes(), &logs).unwrap();
        let found = of("a\nb\nc\nd\n");
        assert_eq!(
            (found.known, found.lines, found.inside_line),
            (Some(2), 3, false)
        );
        let found = of("a\nb\n");
        assert_eq!(
            (found.known, found.lines, found.inside_line),
            (Some(0), 2, true)
        );
        assert!(!found.too_short);
        assert_eq!(found.part.bytes(), 3);
        assert_eq!(of("a\nq\nr\ns\n").known, None);
        assert!(of("a\n").too_short);
    }

    #[test]
    fn the_head_is_the_first_line_without_its_end() {
        let of = |text: &str| head(&mut text.as_bytes()).unwrap();
        assert_eq!(of("a\r\nb\n"), of("a"));
        assert_eq!(of("a\n"), Some(known("a").hash));
        assert_eq!(of(""), None);
        assert!(of(&"a".repeat(100_000)).is_some());
    }
}
