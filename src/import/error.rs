//! What can be wrong with a file, worded so that its author can correct it.

use std::{fmt, io, path::PathBuf};

use thiserror::Error;

/// Why one file or folder was not imported. Others are not affected.
#[derive(Debug, Error)]
pub struct FileError {
    /// The file or folder, as it was found.
    pub file: PathBuf,
    /// The line in the file, from 1, if the error is in one.
    pub line: Option<usize>,
    /// What was wrong.
    pub error: ImportError,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", self.error)
    }
}

/// What was wrong with a file.
#[derive(Debug, Error)]
pub enum ImportError {
    /// Nothing is there.
    #[error("no such file or folder; check the path")]
    Missing,
    /// The system refused to read it.
    #[error("cannot be read: {}", sentence(&.0.to_string()))]
    Unreadable(io::Error),
    /// A pipe, socket or device, which might never end.
    #[error("neither a regular file nor a folder")]
    NotRegular,
    /// The name of the file, or of a folder above it, is not UTF-8, so no store can hold it.
    #[error("the path is not UTF-8; rename it")]
    PathNotUtf8,
    /// A byte that is not UTF-8.
    #[error("byte 0x{0:02x} is not UTF-8; convert the file to UTF-8")]
    NotUtf8(u8),
    /// The body, or the file as a whole, is more than the limit in bytes.
    #[error("{size} bytes, more than the {limit} a body may have; split the post")]
    TooLarge {
        /// Bytes found.
        size: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The front matter is more than the limit in bytes.
    #[error(
        "front matter of {size} bytes, more than the {limit} allowed; is its closing line missing?"
    )]
    FrontMatterTooLarge {
        /// Bytes found.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// `+++` opens the front matter and nothing closes it.
    #[error("front matter is never closed; add a line of +++ after it")]
    Unclosed,
    /// The front matter breaks the rules of its language.
    #[error("front matter is not valid {syntax}: {detail}{hint}")]
    Syntax {
        /// `YAML` or `TOML`.
        syntax: &'static str,
        /// What the parser says.
        detail: String,
        /// What to try, with the `; ` before it; empty if there is no hint.
        hint: &'static str,
    },
    /// The front matter is a list rather than keys and values.
    #[error("front matter is a list; write it as key: value")]
    NotKeys,
    /// A value that should be a date and cannot be read as one.
    #[error("{key} {value:?} is not a date; write it like 2026-03-08 or 2026-03-08T11:36:48+09:00")]
    Date {
        /// The key in the front matter.
        key: String,
        /// The value, cut to a readable length.
        value: String,
    },
    /// A value of another kind than its key needs.
    #[error("{key} is not {expected}")]
    Kind {
        /// The key in the front matter.
        key: String,
        /// What it should have been.
        expected: &'static str,
    },
}

impl ImportError {
    /// The error of a file, and of a line in it if there is one.
    pub(super) fn of(self, file: impl Into<PathBuf>, line: impl Into<Option<usize>>) -> FileError {
        FileError {
            file: file.into(),
            line: line.into(),
            error: self,
        }
    }

    /// An error of the system, by what the user can do about it.
    pub(super) fn from_io(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Unreadable(error),
        }
    }
}

/// Brings a library's message into the form of ours: one line, lower case first, no final period, at
/// most 300 characters.
pub(super) fn sentence(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches('.');
    let mut chars = line.chars();
    let first = chars.next();
    // `YAML` and the like keep their capitals.
    let lowers = chars
        .clone()
        .next()
        .is_none_or(|second| !second.is_uppercase());
    let head = first.map(|c| if lowers { c.to_ascii_lowercase() } else { c });
    head.into_iter().chain(chars).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_file_line_and_cause() {
        let problem = || ImportError::Date {
            key: "date".into(),
            value: "soon".into(),
        };
        assert_eq!(
            problem().of("posts/a.md", 3).to_string(),
            "posts/a.md:3: date \"soon\" is not a date; write it like 2026-03-08 or 2026-03-08T11:36:48+09:00"
        );
        assert_eq!(
            ImportError::Missing.of("b", None).to_string(),
            "b: no such file or folder; check the path"
        );
    }

    #[test]
    fn messages_of_libraries_get_our_form() {
        assert_eq!(
            sentence("Permission denied (os error 13)."),
            "permission denied (os error 13)"
        );
        assert_eq!(sentence("YAML is\n  odd"), "YAML is odd");
        assert_eq!(sentence(""), "");
    }
}
