//! Entity tags (RFC 9110 §8.8.3).

/// A strong entity tag made of numbers: `"1-4-41-17"`. Written without allocating, for every read of a post has one.
pub struct ETag {
    /// Four numbers of up to twenty characters, what is between them, and the quotes.
    bytes: [u8; 96],
    length: usize,
}

impl ETag {
    /// The tag of these numbers, up to four.
    pub fn new<const N: usize>(numbers: [i64; N]) -> ETag {
        const { assert!(N <= 4, "the numbers fit into the bytes") };
        let mut tag = ETag {
            bytes: [0; 96],
            length: 0,
        };
        tag.push("\"");
        for (place, number) in numbers.into_iter().enumerate() {
            tag.push(if place == 0 { "" } else { "-" });
            tag.push(itoa::Buffer::new().format(number));
        }
        tag.push("\"");
        tag
    }

    /// As it stands in the header field, quotes included.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn push(&mut self, text: &str) {
        let end = self.length + text.len();
        self.bytes[self.length..end].copy_from_slice(text.as_bytes());
        self.length = end;
    }
}

/// Whether the lists of `If-None-Match` fields hold `tag` (RFC 9110 §13.1.2, weak comparison).
pub fn is_listed<'a>(mut lists: impl Iterator<Item = &'a str>, tag: &[u8]) -> bool {
    lists.any(|list| holds(list, tag))
}

fn holds(list: &str, tag: &[u8]) -> bool {
    list.split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known).as_bytes() == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_match_as_http_says() {
        let tag = ETag::new([1, 1, 5, 0]);
        assert_eq!(tag.as_bytes(), b"\"1-1-5-0\"");
        assert!(holds("\"1-1-5-0\"", tag.as_bytes()));
        assert!(holds("W/\"a\", W/\"1-1-5-0\"", tag.as_bytes()));
        assert!(holds("*", b"\"x\""));
        assert!(!holds("\"1-1-4-0\"", tag.as_bytes()));
        assert!(is_listed(
            ["\"a\"", "\"1-1-5-0\""].into_iter(),
            tag.as_bytes()
        ));
    }

    #[test]
    fn the_longest_numbers_fit() {
        let tag = ETag::new([i64::MIN; 4]);
        assert_eq!(tag.as_bytes().len(), 4 * 20 + 5);
    }
}
