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
        let mut texts = [itoa::Buffer::new(); N];
        let mut numbers = numbers.into_iter();
        ETag::of_texts(texts.each_mut().map(|text| {
            let number = numbers.next().unwrap_or_default();
            text.format(number) as &str
        }))
    }

    /// The tag of numbers as they are written, four in all; a text may be several that are joined already.
    ///
    /// # Panics
    /// If they are longer than four numbers can be.
    pub fn of_texts<const N: usize>(texts: [&str; N]) -> ETag {
        let mut tag = ETag {
            bytes: [0; 96],
            length: 0,
        };
        let mut before = b'"';
        for text in texts {
            tag.push(before, text);
            before = b'-';
        }
        tag.push(b'"', "");
        tag
    }

    /// As it stands in the header field, quotes included.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn push(&mut self, before: u8, text: &str) {
        self.bytes[self.length] = before;
        let start = self.length + 1;
        self.length = start + text.len();
        self.bytes[start..self.length].copy_from_slice(text.as_bytes());
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
        assert_eq!(ETag::of_texts(["1-1", "5", "0"]).as_bytes(), tag.as_bytes());
        assert_eq!(ETag::new([-3]).as_bytes(), b"\"-3\"");
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
