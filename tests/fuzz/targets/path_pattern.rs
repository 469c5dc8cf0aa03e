//! `--path`: a pattern is parsed or says why not, every path that matches gives a valid slug, and neither a query, nor a
//! fragment, nor a slash at the end changes it.
//!
//! Input: a pattern, a line end, a request target.

#![no_main]

use libfuzzer_sys::fuzz_target;
use viewtally::internals::import::{PathPattern, address, is_valid_slug, slugify};

fuzz_target!(|text: &str| {
    let (pattern, target) = text.split_once('\n').unwrap_or((text, "/"));
    let pattern = PathPattern::parse(pattern).unwrap_or_else(|error| {
        assert!(!error.to_string().is_empty());
        PathPattern::default()
    });
    let Some(encoded) = address::path_of(target) else {
        return;
    };
    assert!(encoded.starts_with('/') && !encoded.contains(['?', '#']));
    for ending in ["?", "#", "?a=/b#c"] {
        assert_eq!(
            address::path_of(&format!("{encoded}{ending}")),
            Some(encoded)
        );
    }
    let path = address::decode(encoded);
    let slug = pattern.slug_of(&path);
    assert_eq!(pattern.slug_of(&format!("{path}/")), slug);
    assert_eq!(pattern.slug_of(&format!("/.{path}")), slug);
    if let Some(slug) = slug {
        assert!(is_valid_slug(&slug), "{slug:?}");
        assert_eq!(slugify(&slug), slug);
    }
});
