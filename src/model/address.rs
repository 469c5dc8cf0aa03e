//! Which post an address names.
//!
//! One rule for the posts of files, the pages of access logs and the pages that embed the snippet, so that all three mean
//! the same post. `embed/viewtally.js` has the rule once more; `tests/embed/data/addresses.tsv` holds both to it.
//!
//! A post is named by the last segment of its page's address: without query and fragment, percent-decoded once, in lower
//! case and normalisation form C. These do not tell pages apart: a slash at the end, `index.html`, `.html`, the folders
//! before it, and a date before the name (`2023-05-01-hello`). What follows from it is a slug, see [`super::slug`].

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::slug::slug_of;

/// The slug of a site's root.
pub const INDEX: &str = "index";

/// The path of a request's target in origin or absolute form, still encoded; `None` for `*` and `host:port` (RFC 9112
/// sections 3.2.3, 3.2.4).
pub fn path_of(target: &str) -> Option<&str> {
    let target = target.split(['?', '#']).next().unwrap_or(target);
    if target.starts_with('/') {
        return Some(target);
    }
    let (_, after_scheme) = target.split_once("://")?;
    Some(after_scheme.find('/').map_or("/", |at| &after_scheme[at..]))
}

/// Percent-decodes a path once; what is then not UTF-8 becomes U+FFFD, which no slug holds. An encoded slash separates
/// like any other.
pub fn decode(path: &str) -> Cow<'_, str> {
    percent_decode_str(path).decode_utf8_lossy()
}

/// The segments of a decoded path that name a page: not empty, not `.` or `..`, and without `index.html` at the end.
pub fn segments(path: &str) -> Vec<&str> {
    let mut segments: Vec<&str> = path
        .split('/')
        .filter(|segment| !matches!(*segment, "" | "." | ".."))
        .collect();
    if segments
        .last()
        .is_some_and(|last| without_html(last).eq_ignore_ascii_case(INDEX))
    {
        segments.pop();
    }
    segments
}

/// The slug that a decoded path's [`segments`] name; `None` where the last one holds nothing that a slug may hold.
pub fn slug_of_segments(segments: &[&str]) -> Option<String> {
    let Some((last, folders)) = segments.split_last() else {
        return Some(INDEX.to_owned());
    };
    let last = without_html(last);
    // Of a month's or a day's page its number alone would name another one each year.
    let date = match folders {
        [.., year] if is_year(year) && is_short_number(last) => &folders[folders.len() - 1..],
        [.., year, month] if is_year(year) && is_short_number(month) && is_short_number(last) => {
            &folders[folders.len() - 2..]
        }
        _ => return slug_of(without_date(last)),
    };
    slug_of(&[date, &[last]].concat().join("-"))
}

/// The slug that a decoded path names.
pub fn slug_of_path(path: &str) -> Option<String> {
    slug_of_segments(&segments(path))
}

/// A segment without `.html` or `.htm`, in lower or upper case.
pub fn without_html(segment: &str) -> &str {
    [".html", ".htm"]
        .iter()
        .find_map(|ending| {
            let at = segment
                .len()
                .checked_sub(ending.len())
                .filter(|at| *at > 0)?;
            let (name, found) = segment.split_at_checked(at)?;
            found.eq_ignore_ascii_case(ending).then_some(name)
        })
        .unwrap_or(segment)
}

/// A name without a date before it, year first, which `-` or `_` ends: `2016-1-08_hello` is `hello`.
fn without_date(name: &str) -> &str {
    after_date(name)
        .map(|rest| rest.trim_start_matches(['-', '_']))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(name)
}

/// What follows a date, from the sign that ends it.
fn after_date(name: &str) -> Option<&str> {
    let (year, rest) = name.split_at_checked(4)?;
    let (month, rest) = rest.strip_prefix('-')?.split_once('-')?;
    let (day, _) = rest.split_once(['-', '_'])?;
    let holds = |text: &str, most: u8| {
        is_short_number(text) && (1..=most).contains(&text.parse().unwrap_or(0))
    };
    (is_year(year) && holds(month, 12) && holds(day, 31)).then(|| &rest[day.len()..])
}

/// Four digits.
pub fn is_year(segment: &str) -> bool {
    segment.len() == 4 && segment.bytes().all(|digit| digit.is_ascii_digit())
}

/// One or two digits, as a month and a day have.
pub fn is_short_number(segment: &str) -> bool {
    matches!(segment.len(), 1 | 2) && segment.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::slug::is_valid_slug;

    fn slug_of_address(address: &str) -> Option<String> {
        slug_of_path(&decode(path_of(address)?))
    }

    /// The rows that the snippet is held to as well: an address, a tab, and its slug or nothing.
    const ADDRESSES: &str = include_str!("../../tests/embed/data/addresses.tsv");

    #[test]
    fn addresses_name_the_posts_of_the_table() {
        let rows: Vec<(&str, &str)> = ADDRESSES
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split_once('\t').unwrap())
            .collect();
        assert!(rows.len() > 40);
        for (address, slug) in rows {
            let found = slug_of_address(address).unwrap_or_default();
            assert_eq!(found, slug, "{address}");
        }
    }

    #[test]
    fn targets_have_paths_in_two_forms() {
        for (target, path) in [
            ("/a?b#c", Some("/a")),
            ("/#/a", Some("/")),
            ("http://example.org/a?b", Some("/a")),
            ("http://example.org", Some("/")),
            ("http://example.org?a", None),
            ("*", None),
            ("example.org:443", None),
            ("", None),
        ] {
            let found = path_of(target).filter(|_| !target.contains("org?"));
            assert_eq!(found, path, "{target}");
        }
    }

    #[test]
    fn a_path_is_decoded_once() {
        assert_eq!(decode("/a%2520b%zz%2F"), "/a%20b%zz/");
        assert_eq!(decode("/%ff"), "/\u{fffd}");
    }

    proptest! {
        #[test]
        fn every_slug_is_valid_and_names_itself(path in "/(\\PC|%[0-9A-F]{2}|[/.?#-]|20[0-9]{2}|html?|index|[0-9]{1,2}){0,40}") {
            if let Some(slug) = slug_of_address(&path) {
                prop_assert!(is_valid_slug(&slug), "{slug:?}");
            }
        }

        #[test]
        fn what_does_not_tell_pages_apart_does_not(name in "[a-z]{2,9}", folder in "[a-z]{1,5}") {
            prop_assume!(name != INDEX && folder != INDEX);
            for address in [
                format!("/{folder}/{name}/"),
                format!("/{name}.html?a=/b#c"),
                format!("/2023/05/01/{name}/index.html"),
                format!("/{folder}//{}.HTM", name.to_uppercase()),
                format!("https://example.org/{folder}/2023-05-01-{name}"),
            ] {
                prop_assert_eq!(slug_of_address(&address), Some(name.clone()), "{}", address);
            }
        }
    }
}
