//! From a path's part to what it names.

use std::borrow::Cow;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use unicode_normalization::UnicodeNormalization;

use super::errors;
use super::exchange::Exchange;
use super::state::SiteState;
use crate::http::Problem;
use crate::model::{PostKey, PostRef, PostStats};
use crate::server::StoreUse;
use crate::store::CachedPost;

/// The text of a path segment: percent-decoded once, in normalisation form C as slugs are.
///
/// # Errors
/// 404 for bytes that are not UTF-8: nothing can have such a name.
pub fn decode_segment(segment: &str) -> Result<Cow<'_, str>, Problem> {
    // As it is for nearly all requests.
    if segment.is_ascii() && !segment.contains('%') {
        return Ok(Cow::Borrowed(segment));
    }
    let text = percent_decode_str(segment)
        .decode_utf8()
        .map_err(|_| errors::no_such_post())?;
    Ok(if text.is_ascii() {
        text
    } else {
        Cow::Owned(text.nfc().collect())
    })
}

/// The post a path names where it is in memory, or else how the store is used to find it.
pub fn known_post(state: &SiteState, segment: &str) -> (Option<Arc<CachedPost>>, Option<StoreUse>) {
    match decode_segment(segment) {
        Ok(slug) => match state.store.cached(PostKey::parse(&slug)) {
            Some(post) => (Some(post), None),
            None => (None, Some(StoreUse::Read)),
        },
        // Nothing has such a name.
        Err(_) => (None, None),
    }
}

/// The post a path names.
///
/// # Errors
/// 404 for a name that no post has; the store's.
pub fn find_post(exchange: &Exchange<'_>, segment: &str) -> Result<Arc<CachedPost>, Problem> {
    if let Some(post) = &exchange.known {
        return Ok(Arc::clone(post));
    }
    let slug = decode_segment(segment)?;
    let found = exchange.state.store.post(PostKey::parse(&slug))?;
    found.ok_or_else(errors::no_such_post)
}

/// The post a path names with its numbers, as the store has them and not the cache.
///
/// # Errors
/// As [`find_post`].
pub fn stored_numbers(
    exchange: &Exchange<'_>,
    segment: &str,
) -> Result<(PostRef, PostStats), Problem> {
    let slug = decode_segment(segment)?;
    let found = exchange.state.store.store().tally(PostKey::parse(&slug))?;
    found.ok_or_else(errors::no_such_post)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_decoded_once_and_composed() {
        assert_eq!(decode_segment("a%2520b").unwrap(), "a%20b");
        assert_eq!(decode_segment("%ED%95%9C").unwrap(), "한");
        assert_eq!(decode_segment("%E1%84%92%E1%85%A1%E1%86%AB").unwrap(), "한");
        assert!(decode_segment("%FF").is_err());
    }
}
