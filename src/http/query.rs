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

/// The first value of a parameter as it was sent; `name` has the sign after it. `None` also where the name itself is encoded.
pub fn raw<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    let mut rest = query;
    loop {
        let end = memchr::memchr(b'&', rest.as_bytes()).unwrap_or(rest.len());
        if let Some(value) = rest[..end].strip_prefix(name) {
            return Some(value);
        }
        rest = rest.get(end + 1..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_as_it_was_sent() {
        assert_eq!(raw("a=b&url=%2Fx&url=y", "url="), Some("%2Fx"));
        assert_eq!(raw("url=", "url="), Some(""));
        for none in ["", "a&b", "curl=x", "a=url=", "u%72l=x"] {
            assert_eq!(raw(none, "url="), None, "{none}");
        }
    }
}
