//! The query of a request: `a=b&c=d`, percent-encoded.

use std::borrow::Cow;

/// The names of all parameters of a query.
pub fn names(query: &str) -> impl Iterator<Item = Cow<'_, str>> {
    form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name)
}

/// The first value of `name` in a query.
pub fn get<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    form_urlencoded::parse(query.as_bytes()).find_map(|(key, value)| (key == name).then_some(value))
}

/// The values of all parameters called `name`.
pub fn all<'q>(query: &'q str, name: &'q str) -> impl Iterator<Item = Cow<'q, str>> {
    form_urlencoded::parse(query.as_bytes())
        .filter_map(move |(key, value)| (key == name).then_some(value))
}
