//! Recognises a log by its content, also under a new name or compressed.
//!
//! The hash of the first line finds candidates; the hash of as many bytes as were imported decides. A log that has grown
//! still has the same prefix.

use std::hash::Hasher;
use std::io::{self, Read};

use memchr::{memchr, memchr_iter};
use siphasher::sip128::{Hasher128, SipHasher13};

/// Bytes of the first line that are hashed at most.
const HEAD_MAX: usize = 64 << 10;

/// The hash and the number of all bytes so far. Whoever writes a log can make it collide, and would only keep their own
/// log from being counted.
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
    /// Adds the next bytes.
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

/// The imported prefix of a log that begins with the same line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedPrefix {
    /// Bytes imported.
    pub bytes: u64,
    /// Their hash.
    pub hash: String,
}

/// The longest imported prefix that a log begins with.
#[derive(Clone, Debug, Default)]
pub struct LogPrefix {
    /// The index of the imported prefix that the log continues.
    pub known: Option<usize>,
    /// The fingerprint of that prefix.
    pub part: Fingerprint,
    /// Lines that begin in that prefix.
    pub lines: u64,
    /// Whether that prefix ends inside a line.
    pub inside_line: bool,
    /// Whether the log is shorter than an imported prefix, so that it may be a part of that log.
    pub too_short: bool,
}

/// The hash of the first line without its end; `None` for an empty log. Lines that begin with `#` are passed over: those of
/// the W3C format begin all logs of a server alike.
pub(super) fn head(reader: &mut dyn Read) -> io::Result<Option<String>> {
    let mut first = Vec::new();
    let mut piece = [0; 4096];
    let mut limited = reader.take(HEAD_MAX as u64);
    loop {
        let read = limited.read(&mut piece)?;
        first.extend_from_slice(&piece[..read]);
        while let Some(end) = memchr(b'\n', &first).filter(|_| first[0] == b'#') {
            first.drain(..=end);
        }
        let end = memchr(b'\n', &first);
        if end.is_some() || read == 0 {
            let line = &first[..end.unwrap_or(first.len())];
            let any = end.is_some() || !first.is_empty();
            let mut fingerprint = Fingerprint::default();
            fingerprint.add(line.strip_suffix(b"\r").unwrap_or(line));
            return Ok(any.then(|| fingerprint.hash()));
        }
    }
}

/// Finds the longest of the `known` (the shortest first) that the log begins with.
pub(super) fn prefix(reader: &mut dyn Read, known: &[ImportedPrefix]) -> io::Result<LogPrefix> {
    let mut found = LogPrefix::default();
    let mut all = LogPrefix::default();
    let mut piece = vec![0; 64 << 10];
    for (index, candidate) in known.iter().enumerate() {
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
            found = LogPrefix {
                known: Some(index),
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

    fn known(text: &str) -> ImportedPrefix {
        let mut fingerprint = Fingerprint::default();
        fingerprint.add(text.as_bytes());
        ImportedPrefix {
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
        // Databases contain this hash: with another algorithm no log would be recognised.
        assert_eq!(known("log").hash, "2020895a671d2986bfa06766f5ec3051");
    }

    #[test]
    fn a_log_is_found_by_its_longest_prefix() {
        let logs = [known("a\nb"), known("a\nx\n"), known("a\nb\nc\n")];
        let of = |text: &str| prefix(&mut text.as_bytes(), &logs).unwrap();
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
        assert_eq!(of("#Software: x\n#Fields: y\r\na\r\n#b"), of("a"));
        assert_eq!(of(&("#a\n".repeat(3_000) + "b\n")), of("b"));
        assert_eq!(of("#a\n"), None);
    }
}
