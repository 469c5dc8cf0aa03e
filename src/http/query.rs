//! The query of a request: `a=b&c=d`, percent-encoded.

use std::borrow::Cow;

/// The first value of `name` in a query.
pub fn get<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    form_urlencoded::parse(query.as_bytes()).find_map(|(key, value)| (key == name).then_some(value))
}
