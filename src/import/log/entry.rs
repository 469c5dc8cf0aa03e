//! What a line of an access log says, whatever its format.

use std::borrow::Cow;

use memchr::memchr;
use percent_encoding::percent_decode;

/// The fields of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry<'a> {
    /// The client as logged: an address, with or without a port, or a name.
    pub client: Cow<'a, str>,
    /// When the request came, in UTC milliseconds.
    pub time: i64,
    /// The request's method as sent; the whole request line if that is not `METHOD TARGET…`.
    pub method: Cow<'a, [u8]>,
    /// The request target as sent, or its path; empty if the request line has none.
    pub target: Field<'a>,
    /// The status of the answer.
    pub status: u16,
    /// The `User-Agent` field; `None` where the line has none.
    pub agent: Option<Field<'a>>,
}

impl LogEntry<'_> {
    /// Whether the line is of the kind that counts: a `GET` answered 200 or 304.
    pub fn is_read(&self) -> bool {
        *self.method == *b"GET" && matches!(self.status, 200 | 304)
    }

    /// The same with text of its own.
    pub(super) fn into_owned(self) -> LogEntry<'static> {
        LogEntry {
            client: Cow::Owned(self.client.into_owned()),
            time: self.time,
            method: Cow::Owned(self.method.into_owned()),
            target: self.target.into_owned(),
            status: self.status,
            agent: self.agent.map(Field::into_owned),
        }
    }
}

/// Text as a server logged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    bytes: Cow<'a, [u8]>,
    escapes: Escapes,
}

/// How a format writes what it cannot write as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// It is decoded already.
    None,
    /// `\xHH` (nginx; Apache for bytes it cannot print), `\"`, `\\` and `\n`-like.
    Backslash,
    /// `+` for a space, or `%HH`.
    Plus,
}

impl<'a> Field<'a> {
    pub(super) fn new(bytes: impl Into<Cow<'a, [u8]>>, escapes: Escapes) -> Field<'a> {
        Field {
            bytes: bytes.into(),
            escapes,
        }
    }

    /// A text that is decoded already.
    pub(super) fn decoded(text: Cow<'a, str>) -> Field<'a> {
        let bytes = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        Field::new(bytes, Escapes::None)
    }

    fn into_owned(self) -> Field<'static> {
        Field::new(self.bytes.into_owned(), self.escapes)
    }

    /// The decoded text, with what is not UTF-8 replaced. Borrowed if there is nothing to decode.
    pub fn text(&self) -> Cow<'_, str> {
        match self.escapes {
            Escapes::None => String::from_utf8_lossy(&self.bytes),
            Escapes::Backslash => match memchr(b'\\', &self.bytes) {
                None => String::from_utf8_lossy(&self.bytes),
                Some(first) => Cow::Owned(lossy(unescaped(&self.bytes, first))),
            },
            Escapes::Plus => {
                let spaced: Vec<u8> = self
                    .bytes
                    .iter()
                    .map(|byte| if *byte == b'+' { b' ' } else { *byte })
                    .collect();
                Cow::Owned(lossy(percent_decode(&spaced).collect()))
            }
        }
    }
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Decodes backslash escapes, of which the first stands at `first`.
fn unescaped(escaped: &[u8], first: usize) -> Vec<u8> {
    let mut bytes = escaped[..first].to_vec();
    let mut rest = &escaped[first..];
    while let Some((&byte, after)) = rest.split_first() {
        let (byte, after) = if byte == b'\\' {
            unescape(after)
        } else {
            (byte, after)
        };
        bytes.push(byte);
        rest = after;
    }
    bytes
}

/// The byte that the escape after a backslash means, and the rest. An unknown escape means itself without the backslash;
/// a backslash at the end means a backslash.
pub(super) fn unescape(after: &[u8]) -> (u8, &[u8]) {
    let hex = |digit: &u8| char::from(*digit).to_digit(16);
    match after {
        [b'x', high, low, rest @ ..] => match (hex(high), hex(low)) {
            (Some(high), Some(low)) => ((high * 16 + low) as u8, rest),
            _ => (b'x', &after[1..]),
        },
        [b'n', rest @ ..] => (b'\n', rest),
        [b'r', rest @ ..] => (b'\r', rest),
        [b't', rest @ ..] => (b'\t', rest),
        [other, rest @ ..] => (*other, rest),
        [] => (b'\\', after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], escapes: Escapes) -> String {
        Field::new(bytes, escapes).text().into_owned()
    }

    #[test]
    fn escapes_are_decoded_on_demand() {
        assert_eq!(text(br#"a\"b\\"#, Escapes::Backslash), r#"a"b\"#);
        let escaped = br"\x22\xec\x95\x88\t\q\x\";
        assert_eq!(text(escaped, Escapes::Backslash), "\"안\tqx\\");
        assert_eq!(text(b"a+b%20c%2B\xff", Escapes::Plus), "a b c+\u{fffd}");
        assert_eq!(text(b"a+b\\n%20", Escapes::None), "a+b\\n%20");
        let plain = Field::new(&b"plain"[..], Escapes::Backslash);
        assert!(matches!(plain.text(), Cow::Borrowed("plain")));
    }
}
