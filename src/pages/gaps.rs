//! Rendered text with gaps: what differs from read to read is left open, so that the rest is rendered once.
//!
//! Templates mark a gap by a character that Unicode guarantees never to assign, and which authors' text is rid of.

use std::hash::BuildHasher;

use crate::http::Response;
use crate::store::cache::{CachedPage, Gap};

/// Where the origin belongs.
pub const ORIGIN: char = '\u{FDD0}';
/// Where the host belongs.
pub const HOST: char = '\u{FDD1}';
/// Where the number of views belongs.
pub const VIEWS: char = '\u{FDD2}';

/// Text of an author without the characters that mark gaps.
pub fn without_marks(text: String) -> String {
    if text.contains([ORIGIN, HOST, VIEWS]) {
        text.replace([ORIGIN, HOST, VIEWS], "\u{FFFD}")
    } else {
        text
    }
}

/// Cuts rendered text at its gaps.
pub fn cut(text: &str, edits: u64) -> CachedPage {
    let hash = foldhash::quality::FixedState::default().hash_one(text);
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find([ORIGIN, HOST, VIEWS]) {
        let (before, from) = rest.split_at(at);
        let mark = from.chars().next().unwrap_or(ORIGIN);
        let gap = match mark {
            HOST => Gap::Host,
            VIEWS => Gap::Views,
            _ => Gap::Origin,
        };
        parts.push((before.as_bytes().into(), gap));
        rest = &from[mark.len_utf8()..];
    }
    CachedPage {
        edits,
        // The sign would stand in the entity tag.
        hash: (hash >> 1).cast_signed(),
        parts,
        end: rest.as_bytes().into(),
    }
}

/// What stands in the gaps of one response.
pub struct Filling<'a> {
    /// See [`Gap::Origin`]; escaped for HTML.
    pub origin: &'a str,
    /// See [`Gap::Host`]; escaped for HTML.
    pub host: &'a str,
    /// See [`Gap::Views`].
    pub views: &'a str,
}

/// Writes a page as the body of a response that has been started.
pub fn write(page: std::sync::Arc<CachedPage>, filling: &Filling<'_>, response: &mut Response) {
    for (text, gap) in &page.parts {
        response.append(text);
        response.append(
            match gap {
                Gap::Origin => filling.origin,
                Gap::Host => filling.host,
                Gap::Views => filling.views,
            }
            .as_bytes(),
        );
    }
    response.append_shared(page);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_its_gaps() {
        let page = cut(&format!("a{ORIGIN}b{VIEWS}{HOST}c"), 7);
        let parts: Vec<(&[u8], Gap)> = page
            .parts
            .iter()
            .map(|(text, gap)| (&**text, *gap))
            .collect();
        assert_eq!(
            parts,
            [
                (&b"a"[..], Gap::Origin),
                (b"b", Gap::Views),
                (b"", Gap::Host)
            ]
        );
        assert_eq!((&*page.end, page.edits), (&b"c"[..], 7));
        assert!(page.hash >= 0);
        assert_ne!(page.hash, cut("a", 7).hash);
    }

    #[test]
    fn authors_cannot_mark_gaps() {
        assert_eq!(without_marks(format!("a{VIEWS}b")), "a\u{FFFD}b");
        assert_eq!(without_marks("a".to_owned()), "a");
    }
}
