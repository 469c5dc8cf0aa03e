//! Maps the path of a logged request to a post: a pattern selects the part of the path that names the post.
//!
//! The mapping is fixed, so that two imports of a log, or two logs of a site, give the same posts. What the selected part
//! becomes is decided by [`address`], for logs as for everything else.

use unicode_normalization::UnicodeNormalization;

use super::pattern_error::PatternError;
use super::segment::SegmentPattern;
use crate::model::address;

/// A path with placeholders: `/blog/{year}/{slug}`.
///
/// `{slug}` is one segment, or a part of one, and `{*slug}` all segments from there on; one of them names the post.
/// `{year}`, `{month}` and `{day}` are digits, `{_}` is any one segment, `{*_}` any number of them. The text around them
/// is compared with the decoded path exactly. A pattern takes as long as the path is, whatever both hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    /// The segments before the one whose length is open.
    before: Vec<SegmentPattern>,
    open: Option<Open>,
    /// The segments after it, counted from the end of the path.
    after: Vec<SegmentPattern>,
}

/// A placeholder for any number of segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Slug,
    Any,
}

impl Default for PathPattern {
    /// `/{*_}/{slug}`: every page is a post, named by its address's last segment.
    fn default() -> Self {
        Self {
            before: Vec::new(),
            open: Some(Open::Any),
            after: vec![SegmentPattern::slug()],
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
    /// Parses a pattern.
    pub fn parse(pattern: &str) -> Result<Self, PatternError> {
        if !pattern.starts_with('/') {
            return Err(PatternError::NoSlash);
        }
        let composed: String = pattern.nfc().collect();
        let mut parsed = Self {
            before: Vec::new(),
            open: None,
            after: Vec::new(),
        };
        let mut slugs = 0;
        for text in composed.split('/').filter(|text| !text.is_empty()) {
            let open = match text {
                "{*slug}" => Some(Open::Slug),
                "{*_}" => Some(Open::Any),
                _ => None,
            };
            if let Some(open) = open {
                slugs += usize::from(open == Open::Slug);
                if parsed.open.replace(open).is_some() {
                    return Err(PatternError::NotOneOpen);
                }
                continue;
            }
            let segment = SegmentPattern::parse(text)?;
            slugs += usize::from(segment.has_slug());
            match parsed.open {
                None => parsed.before.push(segment),
                Some(_) => parsed.after.push(segment),
            }
        }
        if slugs != 1 {
            return Err(PatternError::NotOneSlug);
        }
        Ok(parsed)
    }

    /// The slug of the post that a decoded path is of; `None` if the path does not match, or names none.
    pub fn slug_of(&self, path: &str) -> Option<String> {
        if path.is_ascii() {
            return self.slug_of_composed(path);
        }
        self.slug_of_composed(&path.nfc().collect::<String>())
    }

    /// Whether a path that matches is that of the post's page, and not of something below it.
    pub fn is_whole(&self) -> bool {
        self.after == [SegmentPattern::slug()]
            || self.after.is_empty() && self.before.last() == Some(&SegmentPattern::slug())
    }

    fn slug_of_composed(&self, path: &str) -> Option<String> {
        let segments = address::segments(path);
        if segments.is_empty() && self.matches_root() {
            return Some(address::INDEX.to_owned());
        }
        let closed = self.before.len() + self.after.len();
        if segments.len() < closed || (self.open.is_none() && segments.len() > closed) {
            return None;
        }
        let (before, rest) = segments.split_at(self.before.len());
        let (middle, after) = rest.split_at(rest.len() - self.after.len());
        let mut named = None;
        let patterns = self.before.iter().zip(before);
        for (pattern, segment) in patterns.chain(self.after.iter().zip(after)) {
            let found = pattern.matches(segment)?;
            named = named.or(found);
        }
        match (self.open, named) {
            // The folders before it say whether the last segment is a part of a date.
            (Some(Open::Any), Some(_)) if self.after == [SegmentPattern::slug()] => {
                address::slug_of_segments(rest)
            }
            (_, Some(name)) => address::slug_of_segments(&[name]),
            (_, None) => slug_of_all(middle),
        }
    }

    /// Whether it has no segment but placeholders of any text, so that a site's root matches.
    fn matches_root(&self) -> bool {
        let mut all = self.before.iter().chain(&self.after);
        all.all(|segment| *segment == SegmentPattern::slug())
    }
}

/// The slug that several segments make together.
fn slug_of_all(segments: &[&str]) -> Option<String> {
    let Some((last, folders)) = segments.split_last() else {
        return Some(address::INDEX.to_owned());
    };
    let together = [folders, &[address::without_html(last)]].concat().join("-");
    crate::model::slug::slug_of(&together)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::slug::{MAX_SLUG_CHARS, is_valid_slug};

    fn slug_of(pattern: &str, path: &str) -> Option<String> {
        PathPattern::parse(pattern).unwrap().slug_of(path)
    }

    fn assert_slugs(pattern: &str, cases: &[(&str, Option<&str>)]) {
        for (path, slug) in cases {
            let found = slug_of(pattern, path);
            assert_eq!(found.as_deref(), *slug, "{path} under {pattern}");
        }
    }

    #[test]
    fn the_default_names_a_page_by_its_last_segment() {
        let default = "/{*_}/{slug}";
        assert_eq!(PathPattern::parse(default), Ok(PathPattern::default()));
        let cases = [
            ("/", Some("index")),
            ("/index.html", Some("index")),
            ("/hello/", Some("hello")),
            ("/blog/2015/A b.html", Some("a-b")),
            ("/2015/05/", Some("2015-05")),
            ("/2015", Some("post-2015")),
            ("/!/", None),
        ];
        assert_slugs(default, &cases);
        let cases = [
            ("/blog/2015/05/", Some("2015-05")),
            ("/blog/", None),
            ("/news/a", None),
        ];
        assert_slugs("/blog/{*_}/{slug}", &cases);
    }

    #[test]
    fn one_segment_between_fixed_text_is_the_post() {
        let cases = [
            ("/blog/hello/", Some("hello")),
            ("/blog/hello.html", Some("hello")),
            ("/blog/hello/index.html", Some("hello")),
            ("//blog//Hello", Some("hello")),
            ("/blog/a/b", None),
            ("/blog/", None),
            ("/blog/index.html", None),
            ("/Blog/a", None),
            ("/other", None),
        ];
        assert_slugs("/blog/{slug}", &cases);
        assert_slugs("/blog/{slug}/", &cases);
        assert_slugs("/{slug}", &[("/", Some("index")), ("/a/b", None)]);
        let cases = [
            ("/p/post-hello.html", Some("hello")),
            ("/p/post-.html", None),
            ("/p/post-hello.png", None),
            ("/p/hello.html", None),
        ];
        assert_slugs("/p/post-{slug}.html", &cases);
        assert_slugs("/글/{slug}", &[("/글/a", Some("a"))]);
        assert_slugs("/글/{slug}", &[("/\u{1100}\u{1173}\u{11af}/a", Some("a"))]);
    }

    #[test]
    fn the_rest_of_the_path_is_the_post() {
        let cases = [
            ("/blog", Some("index")),
            ("/blog/index.html", Some("index")),
            ("/blog/2015/A b.html", Some("2015-a-b")),
            ("/blogger", None),
        ];
        assert_slugs("/blog/{*slug}", &cases);
        let cases = [
            ("/en/blog/a/b/print", Some("a-b")),
            ("/en/blog/print", Some("index")),
            ("/en/blog/a", None),
        ];
        assert_slugs("/{_}/blog/{*slug}/print", &cases);
    }

    #[test]
    fn dates_and_single_segments_match() {
        let cases = [
            ("/2023/05/01/hello", Some("hello")),
            ("/2023/5/1/hello.html", Some("hello")),
            ("/2023/13/01/hello", None),
            ("/2023/12/32/hello", None),
            ("/23/05/01/hello", None),
            ("/2023/05/hello", None),
        ];
        assert_slugs("/{year}/{month}/{day}/{slug}", &cases);
        let cases = [
            ("/a/2023-05-01-hello.html", Some("hello")),
            ("/a/2023-5-hello.html", None),
        ];
        assert_slugs("/{_}/{year}-{month}-{day}-{slug}.html", &cases);
        assert_slugs("/{slug}/{_}", &[("/a/b", Some("a")), ("/a", None)]);
        assert_slugs("/x{_}/{slug}", &[("/xy/a", Some("a")), ("/y/a", None)]);
    }

    #[test]
    fn patterns_that_mean_nothing_are_refused() {
        use PatternError::{AfterName, NoSlash, NotOneOpen, NotOneSlug, Placeholder};
        for (pattern, error) in [
            ("blog/{slug}", NoSlash),
            ("", NoSlash),
            ("/blog", NotOneSlug),
            ("/", NotOneSlug),
            ("/{slug}/{slug}", NotOneSlug),
            ("/{slug}/{*slug}", NotOneSlug),
            ("/{*_}", NotOneSlug),
            ("/{sl}ug", Placeholder),
            ("/{slug", Placeholder),
            ("/slug}", Placeholder),
            ("/{{slug}}", Placeholder),
            ("/{*_}/{*slug}", NotOneOpen),
            ("/a{*slug}", NotOneOpen),
            ("/{*slug}.html", NotOneOpen),
            ("/{slug}{_}", AfterName),
            ("/{slug}-{year}", AfterName),
        ] {
            assert_eq!(PathPattern::parse(pattern), Err(error), "{pattern}");
        }
    }

    #[test]
    fn long_slugs_are_cut_by_characters() {
        let slug = PathPattern::default().slug_of(&format!("/{}", "한".repeat(300)));
        assert_eq!(slug.unwrap().chars().count(), MAX_SLUG_CHARS);
    }

    proptest::proptest! {
        #[test]
        fn any_pattern_is_parsed_or_refused_and_gives_valid_slugs(
            pattern in "(/|\\{\\*?slug\\}|\\{\\*?_\\}|\\{year\\}|\\{month\\}|\\{day\\}|[-a.{}]|\\PC){0,12}",
            path in "/(\\PC|[/.?#]|[0-9]{1,4}|a){0,60}",
        ) {
            if let Ok(pattern) = PathPattern::parse(&format!("/{pattern}"))
                && let Some(slug) = pattern.slug_of(&path)
            {
                assert!(is_valid_slug(&slug), "{slug}");
            }
        }
    }
}
