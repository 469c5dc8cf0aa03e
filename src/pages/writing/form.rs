//! Forms as browsers send them (URL standard, `application/x-www-form-urlencoded`), and where to go from them.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::endpoint::Exchange;

/// The fields of a form.
pub struct Form<'b>(HashMap<Cow<'b, str>, Cow<'b, str>>);

impl<'b> Form<'b> {
    /// Reads a request's body. Of fields of the same name the last one counts.
    pub fn parse(body: &'b [u8]) -> Form<'b> {
        Form(form_urlencoded::parse(body).collect())
    }

    /// A field; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value)
    }

    /// A field of several lines, with the line ends that text has: browsers send others (HTML standard, §4.10.21.5).
    pub fn lines(&self, name: &str) -> String {
        self.get(name).replace("\r\n", "\n")
    }
}

/// Goes on with another page, so that a reload repeats nothing (RFC 9110 §15.4.4).
pub fn see_other(exchange: &mut Exchange<'_>, path: &str) {
    exchange.response.start(303);
    exchange.response.lines("Cache-Control: no-store\r\n");
    exchange.response.header("Location", path);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_lines_end_as_in_text() {
        let form = Form::parse(b"title=a+b%26%ED%95%9C&body=a%0D%0Ab%0A&title=c");
        assert_eq!(form.get("title"), "c");
        assert_eq!(form.lines("body"), "a\nb\n");
        assert_eq!(form.get("slug"), "");
        assert_eq!(Form::parse(b"title=a+b%26%ED%95%9C").get("title"), "a b&한");
    }
}
