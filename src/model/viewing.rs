//! Which viewer has viewed which post, and when.

use std::fmt;

use serde::Serialize;

use super::post::PostId;
use super::time::TimestampMs;

/// How a request identifies a viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewingKey<'a> {
    /// A user of the site.
    Named(&'a str),
    /// `anonymous-` and the sixteen hexadecimal digits of a day's hash.
    Anonymous(i64),
}

const ANONYMOUS: &str = "anonymous-";

impl<'a> ViewingKey<'a> {
    /// Reads what [`Display`](fmt::Display) writes; anything else is a name.
    pub fn parse(text: &'a str) -> ViewingKey<'a> {
        text.strip_prefix(ANONYMOUS)
            .filter(|digits| digits.len() == 16)
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .map(u64::cast_signed)
            .filter(|number| *number < 0)
            .map_or(ViewingKey::Named(text), ViewingKey::Anonymous)
    }
}

impl fmt::Display for ViewingKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ViewingKey::Named(name) => f.write_str(name),
            ViewingKey::Anonymous(number) => {
                write!(f, "{ANONYMOUS}{:016x}", number.cast_unsigned())
            }
        }
    }
}

/// One viewer's views of a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Viewing {
    /// The name, or `anonymous-…`.
    pub viewer: String,
    /// When the first one was.
    pub first_viewed_at: TimestampMs,
    /// When the last one was, counted or not.
    pub last_viewed_at: TimestampMs,
    /// How many were counted.
    pub views: i64,
}

/// A post that a viewer has viewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ViewedPost {
    /// The post.
    pub post: PostId,
    /// Its slug.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// When it was viewed first.
    pub first_viewed_at: TimestampMs,
    /// When it was viewed last.
    pub last_viewed_at: TimestampMs,
    /// How many views were counted.
    pub views: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_key_is_parsed_as_it_is_displayed() {
        for key in [
            ViewingKey::Named("ann"),
            ViewingKey::Anonymous(-1),
            ViewingKey::Anonymous(i64::MIN),
        ] {
            let text = key.to_string();
            assert_eq!(ViewingKey::parse(&text), key);
        }
        assert_eq!(
            ViewingKey::parse("anonymous-1"),
            ViewingKey::Named("anonymous-1")
        );
    }
}
