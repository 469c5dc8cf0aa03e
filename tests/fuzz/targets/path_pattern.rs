//! `--path`: every path that matches gives a valid slug, and a slug put into its pattern comes back.
//!
//! Input: a pattern, a line end, a request target.

#![no_main]

use libfuzzer_sys::fuzz_target;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use viewtally::internals::import::{PathPattern, is_valid_slug};

const ALL_BUT_SLASHES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/');

fuzz_target!(|text: &str| {
    let (pattern_text, target) = text.split_once('\n').unwrap_or((text, "/"));
    let parts = parts(pattern_text);
    let pattern = match (PathPattern::parse(pattern_text), parts) {
        (Ok(pattern), Some(_)) => pattern,
        (Err(error), None) => {
            assert!(!error.to_string().is_empty());
            PathPattern::default()
        }
        (parsed, _) => panic!("{pattern_text:?} is {parsed:?}"),
    };
    let slug = pattern.slug_of(target);
    for ending in ["?", "#", "?a=/b#c"] {
        assert_eq!(pattern.slug_of(&format!("{target}{ending}")), slug);
    }
    let Some(slug) = slug else { return };
    assert!(is_valid_slug(&slug), "{slug:?}");
    let encoded = utf8_percent_encode(&slug, NON_ALPHANUMERIC).to_string();
    let plain = PathPattern::default().slug_of(&format!("/{encoded}"));
    assert_eq!(plain.as_deref(), Some(&*slug));
    if let Some((before, after)) = parts {
        let [before, after] =
            [before, after].map(|part| utf8_percent_encode(part, ALL_BUT_SLASHES));
        let whole = format!("{before}{encoded}{after}");
        assert_eq!(pattern.slug_of(&whole).as_deref(), Some(&*slug), "{whole}");
    }
});

/// What stands around the one placeholder of a pattern; `None` if it is none.
fn parts(pattern: &str) -> Option<(&str, &str)> {
    let mut around = pattern.split("{slug}");
    let mut starred = pattern.split("{*slug}");
    let both = [
        (around.next(), around.next(), around.next()),
        (starred.next(), starred.next(), starred.next()),
    ];
    both.into_iter().find_map(|found| match found {
        (Some(before), Some(after), None) => {
            (before.starts_with('/') && !before.contains(['{', '}']) && !after.contains(['{', '}']))
                .then_some((before, after))
        }
        _ => None,
    })
}
