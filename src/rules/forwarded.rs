//! The grammar of `Forwarded` (RFC 7239 section 4).

/// The first parameter of a name in one element of `Forwarded`, without its quotes; parameter names are
/// case-insensitive.
///
/// `None` also where any parameter is malformed: a quote that a client leaves open takes what the proxy appends into that
/// client's own element.
pub(super) fn parameter<'e>(element: &'e str, wanted: &str) -> Option<&'e str> {
    let mut found = None;
    for pair in elements(element, ';').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        if !is_token(name) || !is_value(value) {
            return None;
        }
        if found.is_none() && name.eq_ignore_ascii_case(wanted) {
            found = Some(value);
        }
    }
    let value = found?;
    let quoted = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    Some(quoted.unwrap_or(value))
}

/// RFC 9110 section 5.6.2.
fn is_token(name: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_sign)
}

/// Whether a value is one quoted string (RFC 9110 section 5.6.4), or holds no quote: some proxies leave out those around an
/// IPv6 address.
fn is_value(value: &str) -> bool {
    let Some(quoted) = value.strip_prefix('"') else {
        return !value.contains('"');
    };
    let mut escaped = false;
    let end = quoted.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.is_some_and(|end| end + 1 == quoted.len())
}

/// The trimmed parts of a list split at separators outside of quoted strings (RFC 9110 section 5.6.4).
pub(super) fn elements(list: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    list.split(move |c| {
        if escaped {
            escaped = false;
            return false;
        }
        match c {
            '"' => quoted = !quoted,
            '\\' if quoted => escaped = true,
            _ => {}
        }
        !quoted && c == separator
    })
    .map(str::trim)
}
