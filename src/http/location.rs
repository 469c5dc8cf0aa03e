//! Addresses in header fields.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What a target may hold and a URI may not (RFC 3986 §2): it could end the address in the header.
const NOT_IN_A_URI: &AsciiSet = &CONTROLS
    .add(b'<')
    .add(b'>')
    .add(b'"')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A path and query of a request as `Location` and `Link` may hold it.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, NOT_IN_A_URI).to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_could_end_an_address_is_encoded() {
        assert_eq!(super::encode("/a?q=a>b\"%20"), "/a?q=a%3Eb%22%20");
    }
}
