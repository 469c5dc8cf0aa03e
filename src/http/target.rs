//! Request targets (RFC 9112 §3.2).

use super::Method;
use super::authority::is_authority;

/// A request's target, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// Still percent-encoded. `*` for a request about the server as a whole.
    pub path: &'a str,
    /// Without its question mark; empty if there is none.
    pub query: &'a str,
}

impl std::fmt::Display for Target<'_> {
    /// In origin form.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.query {
            "" => f.write_str(self.path),
            query => write!(f, "{}?{query}", self.path),
        }
    }
}

impl<'a> Target<'a> {
    /// Parses origin form (`/a?b`), absolute form (`http://host/a?b`) and, for `OPTIONS`, asterisk form.
    ///
    /// `None` for anything else: a byte that is not visible ASCII, a fragment (two parsers could cut it differently),
    /// or another form.
    pub fn parse(text: &'a str, method: Method) -> Option<Target<'a>> {
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'#')
        {
            return None;
        }
        let origin = if text.starts_with('/') {
            text
        } else if text == "*" {
            return (method == Method::Options).then_some(Target {
                path: text,
                query: "",
            });
        } else {
            let (scheme, rest) = text.split_once("://")?;
            let is_http =
                scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
            let (authority, origin) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            let has_host = !authority.is_empty() && !authority.starts_with(':');
            if !is_http || !has_host || !is_authority(authority.as_bytes()) {
                return None;
            }
            if origin.is_empty() { "/" } else { origin }
        };
        // Targets are short: a search made for long texts takes three times as many instructions.
        let mark = origin.bytes().position(|byte| byte == b'?');
        let (path, query) = match mark {
            Some(mark) => (&origin[..mark], &origin[mark + 1..]),
            None => (origin, ""),
        };
        let path = if path.is_empty() { "/" } else { path };
        Some(Target { path, query })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_come_apart() {
        let parts =
            |text| Target::parse(text, Method::Get).map(|target| (target.path, target.query));
        assert_eq!(parts("/a?b=c"), Some(("/a", "b=c")));
        assert_eq!(parts("/a?b=c?d"), Some(("/a", "b=c?d")));
        assert_eq!(parts("http://host:1/a?b"), Some(("/a", "b")));
        assert_eq!(parts("HTTP://host"), Some(("/", "")));
        assert_eq!(parts("http://host?b"), Some(("/", "b")));
        assert_eq!(parts("/a?u=http://x/y"), Some(("/a", "u=http://x/y")));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "*",
            "a",
            "host:80",
            "http:///a",
            "http://:80/a",
            "http://user@host/a",
            "ftp://host/a",
            "/a#b",
            "/\u{e9}",
            "/a b",
        ] {
            assert_eq!(Target::parse(text, Method::Get), None, "{text:?}");
        }
        assert!(Target::parse("*", Method::Options).is_some());
    }
}
