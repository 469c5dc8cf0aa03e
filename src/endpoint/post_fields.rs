//! What the fields of a post may hold, whether they come as JSON or from a form.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

use crate::model::slug::{MAX_SLUG_CHARS, is_valid_slug};

/// The longest title, in characters.
const MAX_TITLE: usize = 500;

/// The most tags of a post: each is a row of its own, and 100,000 of them cost seconds.
pub const MAX_TAGS: usize = 100;

/// The longest tag, in characters.
const MAX_TAG: usize = 100;

/// A title without space around it.
///
/// # Errors
/// What a title must be.
pub fn title(text: &str) -> Result<String, String> {
    let title = text.trim();
    match title.chars().count() {
        1..=MAX_TITLE => Ok(title.to_owned()),
        length => Err(format!(
            "title must have 1 to {MAX_TITLE} characters, it has {length}"
        )),
    }
}

/// A slug in normalisation form C.
///
/// # Errors
/// What a slug must be.
pub fn slug(text: &str) -> Result<String, String> {
    let slug: String = text.nfc().collect();
    if is_valid_slug(&slug) {
        Ok(slug)
    } else {
        Err(format!(
            "slug must have 1 to {MAX_SLUG_CHARS} letters, digits, - and _, and not only digits"
        ))
    }
}

/// Tags being read: each once, in the author's order.
#[derive(Default)]
pub struct TagList {
    tags: Vec<String>,
    seen: HashSet<String>,
}

impl TagList {
    /// Adds a tag without space around it, unless it is there already.
    ///
    /// # Errors
    /// What a tag must be.
    pub fn push(&mut self, text: &str) -> Result<(), String> {
        let tag = text.trim();
        if !(1..=MAX_TAG).contains(&tag.chars().count()) {
            return Err(format!(
                "a tag must be a string of 1 to {MAX_TAG} characters"
            ));
        }
        if self.seen.insert(tag.to_owned()) {
            self.tags.push(tag.to_owned());
        }
        Ok(())
    }

    /// The tags.
    pub fn into_tags(self) -> Vec<String> {
        self.tags
    }
}

/// That a post has more tags than it may.
pub fn too_many_tags(count: usize) -> String {
    format!("a post has up to {MAX_TAGS} tags, here are {count}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_trimmed_and_bounded() {
        assert_eq!(title(" a b "), Ok("a b".to_owned()));
        assert!(title(&"한".repeat(MAX_TITLE)).is_ok());
        assert!(title(" ").is_err() && title(&"a".repeat(MAX_TITLE + 1)).is_err());
    }

    #[test]
    fn slugs_are_composed() {
        assert_eq!(slug("e\u{301}"), Ok("é".to_owned()));
        assert!(slug("17").is_err() && slug("a b").is_err() && slug("").is_err());
    }

    #[test]
    fn tags_are_distinct_and_keep_their_order() {
        let mut tags = TagList::default();
        for tag in ["b", " a", "b "] {
            assert_eq!(tags.push(tag), Ok(()));
        }
        assert!(tags.push(" ").is_err() && tags.push(&"a".repeat(MAX_TAG + 1)).is_err());
        assert_eq!(tags.into_tags(), ["b", "a"]);
    }
}
