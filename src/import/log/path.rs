//! Maps the path of a logged request to a post: a pattern selects the post's part of the path, which becomes a slug.
//!
//! Paths in other servers' logs need not be slugs. The mapping is fixed, so that two imports of a log, or two logs of a
//! site, give the same posts.

use percent_encoding::percent_decode_str;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::model::slug::{MAX_SLUG_CHARS, NOT_AN_ID, is_slug_char};

/// The slug of the empty path.
const INDEX: &str = "index";

/// A path with a placeholder for the post: `/blog/{slug}` matches one segment, `/{*slug}` the rest of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    before: String,
    after: String,
    rest: bool,
}

/// Why a pattern cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PatternError {
    /// It does not begin with a slash.
    #[error("a path pattern begins with '/', such as /blog/{{slug}}")]
    NoSlash,
    /// It has no placeholder, more than one, or braces beside it.
    #[error("a path pattern holds {{slug}} or {{*slug}} once and no other braces")]
    NotOneSlug,
}

impl Default for PathPattern {
    /// `/{*slug}`: every path is a post.
    fn default() -> Self {
        Self {
            before: "/".to_owned(),
            after: String::new(),
            rest: true,
        }
    }
}

impl std::str::FromStr for PathPattern {
    type Err = PatternError;

    fn from_str(pattern: &str) -> Result<Self, PatternError> {
        Self::parse(pattern)
    }
}

impl PathPattern {
    /// Parses a pattern; the text outside the placeholder is compared with the decoded path exactly.
    pub fn parse(pattern: &str) -> Result<Self, PatternError> {
        if !pattern.starts_with('/') {
            return Err(PatternError::NoSlash);
        }
        let (hole, rest) = if pattern.contains("{*slug}") {
            ("{*slug}", true)
        } else {
            ("{slug}", false)
        };
        let (before, after) = pattern.split_once(hole).ok_or(PatternError::NotOneSlug)?;
        if before.contains(['{', '}']) || after.contains(['{', '}']) {
            return Err(PatternError::NotOneSlug);
        }
        Ok(Self {
            before: before.to_owned(),
            after: after.to_owned(),
            rest,
        })
    }

    /// The slug of the post a request target is for; `None` if the path does not match.
    ///
    /// Query and fragment are removed, and scheme and host of an absolute-form target (RFC 9112 section 3.2.2). The rest
    /// is percent-decoded once; an encoded slash then separates like any other.
    pub fn slug_of(&self, target: &str) -> Option<String> {
        let path = decoded(path_of(target)?);
        let part = match path.strip_prefix(self.before.as_str()) {
            Some(part) => part.strip_suffix(self.after.as_str())?,
            // `/blog` is `/blog/` without its slash.
            None if self.after.is_empty() && self.before.strip_suffix('/') == Some(&*path) => "",
            None => return None,
        };
        let part = part.trim_matches('/');
        if !self.rest && (part.contains('/') || (part.is_empty() && self.before != "/")) {
            return None;
        }
        Some(slug(part))
    }
}

/// The path of a target in origin or absolute form; `None` for `*` and `host:port` (RFC 9112 sections 3.2.3, 3.2.4).
fn path_of(target: &str) -> Option<&str> {
    let target = target.split(['?', '#']).next().unwrap_or(target);
    if target.starts_with('/') {
        return Some(target);
    }
    let (_, after_scheme) = target.split_once("://")?;
    Some(after_scheme.find('/').map_or("/", |at| &after_scheme[at..]))
}

/// Percent-decodes once; each byte that is then not UTF-8 becomes `-`.
fn decoded(path: &str) -> String {
    let bytes: Vec<u8> = percent_decode_str(path).collect();
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '-'));
    }
    text
}

/// The valid slug nearest to a part of a path: in normalisation form C, as slugs are kept; each character a slug cannot
/// contain becomes `-`; all digits, which would be an id, get a word before them; cut at 200 characters.
fn slug(part: &str) -> String {
    if part.is_empty() {
        return INDEX.to_owned();
    }
    let letters = part.nfc().map(|c| if is_slug_char(c) { c } else { '-' });
    let slug: String = letters.take(MAX_SLUG_CHARS).collect();
    if slug.chars().all(char::is_numeric) {
        return NOT_AN_ID
            .chars()
            .chain(slug.chars())
            .take(MAX_SLUG_CHARS)
            .collect();
    }
    slug
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::import::log::line;

    fn slug_of(pattern: &str, target: &str) -> Option<String> {
        PathPattern::parse(pattern).unwrap().slug_of(target)
    }

    #[test]
    fn matches_the_rest_of_the_path() {
        let cases = [
            ("/", "index"),
            ("//", "index"),
            ("/?page=2", "index"),
            ("/hello", "hello"),
            ("/hello/#top", "hello"),
            ("/blog/2015/a b.html", "blog-2015-a-b-html"),
            ("http://example.org/hello?x", "hello"),
            ("http://example.org", "index"),
            ("/a%2Fb%20c", "a-b-c"),
            ("/a%2520b", "a-20b"),
            ("/a%FFb%zz", "a-b-zz"),
            ("/%ED%95%9C%EA%B8%80", "한글"),
            ("/%E1%84%92%E1%85%A1%E1%86%AB", "한"),
            ("/2015", "post-2015"),
            ("/%D9%A3", "post-٣"),
            ("/2015/01", "2015-01"),
            ("/under_score", "under_score"),
        ];
        for (target, slug) in cases {
            assert_eq!(
                PathPattern::default().slug_of(target).as_deref(),
                Some(slug),
                "{target}"
            );
        }
    }

    #[test]
    fn matches_one_segment_between_fixed_text() {
        assert_eq!(
            slug_of("/blog/{slug}", "/blog/hello/?x=1").as_deref(),
            Some("hello")
        );
        assert_eq!(slug_of("/blog/{slug}", "/blog/a/b"), None);
        assert_eq!(slug_of("/blog/{slug}", "/blog/"), None);
        assert_eq!(slug_of("/blog/{slug}", "/other"), None);
        assert_eq!(slug_of("/{slug}", "/").as_deref(), Some("index"));
        assert_eq!(slug_of("/blog/{*slug}", "/blog").as_deref(), Some("index"));
        assert_eq!(slug_of("/blog/{*slug}", "/blogger"), None);
        assert_eq!(
            slug_of("/p/{slug}.html", "/p/hello.html").as_deref(),
            Some("hello")
        );
        assert_eq!(slug_of("/p/{slug}.html", "/p/hello.png"), None);
        assert_eq!(slug_of("/글/{slug}", "/%EA%B8%80/a").as_deref(), Some("a"));
        assert_eq!(slug_of("/{*slug}", "*"), None);
        assert_eq!(slug_of("/{*slug}", "example.org:443"), None);
    }

    #[test]
    fn refuses_patterns_without_one_placeholder() {
        assert_eq!(
            PathPattern::parse("blog/{slug}"),
            Err(PatternError::NoSlash)
        );
        for pattern in [
            "/blog",
            "/{slug}/{slug}",
            "/{slug}/{*slug}",
            "/{year}/{slug}",
            "/{sl}ug",
        ] {
            assert_eq!(
                PathPattern::parse(pattern),
                Err(PatternError::NotOneSlug),
                "{pattern}"
            );
        }
    }

    #[test]
    fn long_slugs_are_cut_by_characters() {
        let slug = PathPattern::default().slug_of(&format!("/{}", "한".repeat(300)));
        assert_eq!(slug.unwrap().chars().count(), MAX_SLUG_CHARS);
        let digits = PathPattern::default().slug_of(&format!("/{}", "7".repeat(300)));
        assert_eq!(digits.unwrap().len(), MAX_SLUG_CHARS);
        // Only the text after the cut could be an id.
        let cut = PathPattern::default().slug_of(&format!("/{}a", "7".repeat(200)));
        assert!(cut.unwrap().starts_with("post-"));
    }

    proptest::proptest! {
        #[test]
        fn every_slug_is_valid(target in "/(\\PC|%[0-9A-F]{2}|[/.?#]){0,300}") {
            let slug = PathPattern::default().slug_of(&target).unwrap();
            assert!(crate::model::slug::is_valid_slug(&slug), "{slug}");
        }
    }

    /// Another program's counts of a real log: path, and answers 2xx and 304 to `GET`.
    fn expected(tsv: &str) -> BTreeMap<String, u64> {
        let rows = tsv.lines().skip(1).map(|row| {
            let columns: Vec<&str> = row.split('\t').collect();
            let number = |at: usize| columns[at].parse::<u64>().unwrap();
            (columns[0].to_owned(), number(1) + number(3))
        });
        rows.filter(|(_, count)| *count > 0).collect()
    }

    #[test]
    fn counts_of_real_logs_agree_with_another_program() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/logs/");
        for name in ["semicomplete-apache-2015", "erddap-nginx-2024-damaged"] {
            let (Ok(log), Ok(tsv)) = (
                std::fs::read(format!("{folder}{name}.log")),
                std::fs::read_to_string(format!("{folder}{name}.gets.tsv")),
            ) else {
                crate::test_support::missing(format_args!("{folder}{name}"));
                continue;
            };
            let mut paths = BTreeMap::<String, u64>::new();
            let mut slugs = BTreeMap::<String, u64>::new();
            let pattern = PathPattern::default();
            for entry in log
                .split(|byte| *byte == b'\n')
                .filter_map(|line| line::parse(line).ok())
            {
                if entry.method == b"GET" && matches!(entry.status, 200..300 | 304) {
                    let target = entry.target.text();
                    let path = target.split('?').next().unwrap();
                    *paths.entry(path.to_owned()).or_default() += 1;
                    *slugs.entry(pattern.slug_of(&target).unwrap()).or_default() += 1;
                }
            }
            let expected = expected(&tsv);
            assert_eq!(paths, expected, "{name}");

            let mut expected_slugs = BTreeMap::<String, u64>::new();
            for (path, count) in expected {
                *expected_slugs
                    .entry(pattern.slug_of(&path).unwrap())
                    .or_default() += count;
            }
            assert_eq!(slugs, expected_slugs, "{name}");
        }
    }
}
