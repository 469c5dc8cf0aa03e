//! The header fields of a request.

use std::borrow::Cow;

/// Header fields in the order received. Names compare without regard to case (RFC 9110 §5.1).
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a>(&'a [httparse::Header<'a>]);

impl<'a> Headers<'a> {
    /// Wraps parsed fields.
    pub fn new(fields: &'a [httparse::Header<'a>]) -> Headers<'a> {
        Headers(fields)
    }

    /// The value of the first field of that name. `None` also where the value is not UTF-8.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.bytes(name)
            .and_then(|value| str::from_utf8(value).ok())
    }

    /// The value of the first field of that name as text; bytes that are not UTF-8 (older clients send Latin-1) become
    /// replacement characters.
    pub fn get_lossy(&self, name: &str) -> Option<Cow<'a, str>> {
        // Nearly always UTF-8, which is told with half the instructions of a replacing look.
        self.bytes(name).map(|value| match str::from_utf8(value) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(value),
        })
    }

    /// The values of all fields of that name that are UTF-8, in order.
    pub fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.0
            .iter()
            .filter(move |field| is_named(field, name))
            .filter_map(|field| str::from_utf8(field.value).ok())
    }

    fn bytes(&self, name: &str) -> Option<&'a [u8]> {
        self.0
            .iter()
            .find(|field| is_named(field, name))
            .map(|field| field.value)
    }
}

fn is_named(field: &httparse::Header<'_>, name: &str) -> bool {
    // The lengths first: most fields cost one comparison.
    field.name.len() == name.len() && field.name.eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_whatever_their_case() {
        let field = |name, value: &'static [u8]| httparse::Header { name, value };
        let fields = [
            field("X-A", b"1"),
            field("x-a", b"2"),
            field("City", b"S\xe3o Paulo"),
        ];
        let headers = Headers::new(&fields);
        assert_eq!(headers.get("X-a"), Some("1"));
        assert_eq!(headers.all("x-A").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(headers.get("city"), None, "Latin-1 is not UTF-8");
        assert_eq!(
            headers.get_lossy("city").as_deref(),
            Some("S\u{fffd}o Paulo")
        );
        assert_eq!(headers.get("X-B"), None);
    }
}
