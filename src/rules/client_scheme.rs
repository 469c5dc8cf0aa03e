//! Whether a client behind a proxy uses TLS.

use super::forwarded::{elements, parameter};

/// Whether the scheme is `https`: in `X-Forwarded-Proto`, which almost every proxy sets, or without it in the first
/// element of `Forwarded`, that of the proxy next to the client (RFC 7239 section 5.4).
///
/// A client that makes this up concerns itself alone: it decides how addresses and the cookie in its own answers are
/// written.
pub(super) fn is_https(forwarded_proto: Option<&str>, forwarded: Option<&str>) -> bool {
    let scheme = match (forwarded_proto, forwarded) {
        (Some(scheme), _) => Some(scheme.trim()),
        (None, Some(list)) => elements(list, ',')
            .next()
            .and_then(|element| parameter(element, "proto")),
        (None, None) => None,
    };
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxys_own_field_decides() {
        for (proto, forwarded, is) in [
            (Some("https"), None, true),
            (Some(" HTTPS "), Some("proto=http"), true),
            (Some("http"), Some("proto=https"), false),
            (
                None,
                Some("for=192.0.2.1;proto=https, for=10.0.0.2;proto=http"),
                true,
            ),
            (None, Some("Proto=\"https\""), true),
            (None, Some("for=\"x;proto=https"), false),
            (None, Some("for=192.0.2.1"), false),
            (None, None, false),
        ] {
            assert_eq!(is_https(proto, forwarded), is, "{proto:?} {forwarded:?}");
        }
    }
}
