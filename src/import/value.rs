//! Values of front matter, whichever language it is written in.

/// A value of the front matter.
#[derive(Debug, PartialEq)]
pub enum Value {
    /// No value: `date:`, `null`, `~`.
    Empty,
    /// A string.
    Text(String),
    /// A number, boolean or TOML date, as written.
    Scalar(String),
    /// A sequence.
    List(Vec<Value>),
    /// Keys and values of their own.
    Table(Vec<KeyValue>),
}

/// A key with its value and the line the value stands on, from 1, in the file.
#[derive(Debug, PartialEq)]
pub struct KeyValue {
    /// As written.
    pub key: String,
    /// From 1.
    pub line: usize,
    /// What stands there.
    pub value: Value,
}

/// The line of a byte, from 1, where lines end with LF. Counted for each key, as a front matter is short.
pub(super) fn line_at(source: &str, offset: usize) -> usize {
    let bytes = source.as_bytes();
    let before = bytes.get(..offset).unwrap_or(bytes);
    // A parser that expects more at the end gives an offset behind the last line break.
    let before = if offset >= source.len() {
        before.trim_ascii_end()
    } else {
        before
    };
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

impl Value {
    /// A string, or any other scalar as it was written.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// A boolean, in any spelling that a version of YAML has had.
    pub fn boolean(&self) -> Option<bool> {
        match self.text()?.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        }
    }

    /// Whether it is nothing, or blank text.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) | Self::Scalar(text) => text.trim().is_empty(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_in_their_spellings() {
        assert_eq!(Value::Scalar("True".into()).boolean(), Some(true));
        assert_eq!(Value::Text("no".into()).boolean(), Some(false));
        assert_eq!(Value::Text("maybe".into()).boolean(), None);
        assert_eq!(Value::Empty.boolean(), None);
    }
}
