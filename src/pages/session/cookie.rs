//! The cookie that holds a session (RFC 6265 and its revision, RFC 6265bis).

use cookie::time::Duration;
use cookie::{Cookie, SameSite};

/// Its name where connections are not encrypted.
const NAME: &str = "viewtally";

/// Its name behind TLS: browsers take this prefix from the host itself and over TLS alone, so no neighbour below the
/// same domain can set it (RFC 6265bis §4.1.3.2).
const SECURE_NAME: &str = "__Host-viewtally";

/// How long a browser keeps it: longer than a session, so that what is sent just after a session's end is known to come
/// from who had it.
const MAX_AGE: Duration = Duration::days(14);

/// Its value in a `Cookie` field.
pub(super) fn read(field: &str, is_https: bool) -> Option<&str> {
    Cookie::split_parse(field)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name(is_https))
        .and_then(|cookie| cookie.value_raw())
}

/// A `Set-Cookie` field with a value; an empty one removes it.
pub(super) fn write(value: &str, is_https: bool) -> String {
    let max_age = match value {
        "" => Duration::ZERO,
        _ => MAX_AGE,
    };
    Cookie::build((name(is_https), value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(is_https)
        .max_age(max_age)
        .build()
        .to_string()
}

fn name(is_https: bool) -> &'static str {
    if is_https { SECURE_NAME } else { NAME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_for_the_server_alone_and_comes_back() {
        assert_eq!(
            write("a.b", false),
            "viewtally=a.b; HttpOnly; SameSite=Strict; Path=/; Max-Age=1209600"
        );
        assert_eq!(
            write("a.b", true),
            "__Host-viewtally=a.b; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=1209600"
        );
        assert!(write("", false).ends_with("Max-Age=0"));
        let field = "x=1; viewtally=a.b; __Host-viewtally=c";
        assert_eq!(read(field, false), Some("a.b"));
        assert_eq!(read(field, true), Some("c"));
        assert_eq!(read("viewtally_=1", false), None);
    }
}
