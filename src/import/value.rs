//! Values of front matter, whichever language it is written in.

/// A value of the front matter.
#[derive(Debug, PartialEq)]
pub(super) enum Value {
    /// No value: `date:`, `null`, `~`.
    Empty,
    /// A string.
    Text(String),
    /// A number, boolean or TOML date, as written.
    Scalar(String),
    List(Vec<Value>),
    Table(Vec<KeyValue>),
}

/// A key with its value and the line the value stands on, from 1, in the file.
#[derive(Debug, PartialEq)]
pub(super) struct KeyValue {
    pub key: String,
    pub line: usize,
    pub value: Value,
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
