//! `--path`: a pattern is parsed or says why not, every path that matches gives a valid slug, and neither a query nor a
//! fragment changes it.
//!
//! Input: a pattern, a line end, a request target.

#![no_main]

use libfuzzer_sys::fuzz_target;
use viewtally::internals::import::{PathPattern, is_valid_slug};

fuzz_target!(|text: &str| {
    let (pattern, target) = text.split_once('\n').unwrap_or((text, "/"));
    let pattern = PathPattern::parse(pattern).unwrap_or_else(|error| {
        assert!(!error.to_string().is_empty());
        PathPattern::default()
    });
    let slug = pattern.slug_of(target);
    for ending in ["?", "#", "?a=/b#c"] {
        assert_eq!(pattern.slug_of(&format!("{target}{ending}")), slug);
    }
    if let Some(slug) = slug {
        assert!(is_valid_slug(&slug), "{slug:?}");
        let simple = PathPattern::parse("/{slug}").expect("a pattern");
        assert_eq!(simple.slug_of(&format!("/{slug}")).as_deref(), Some(&*slug));
    }
});
