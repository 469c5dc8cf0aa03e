//! Numbers, dates and escaped text, as pages show them.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::TimestampMs;

/// Of a path segment and a query's value only unreserved characters stay as they are (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A number with a comma after each three digits.
pub fn number(n: i64) -> String {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(n.unsigned_abs());
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 2);
    if n < 0 {
        text.push('\u{2212}');
    }
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 view`, `1,234 views`.
pub fn views(n: i64) -> String {
    number(n) + if n == 1 { " view" } else { " views" }
}

/// A difference, with its sign.
pub fn signed(n: i64) -> String {
    if n > 0 {
        format!("+{}", number(n))
    } else {
        number(n)
    }
}

/// A minute as people write it: `5 March 2026, 14:05`.
pub fn minute(time: TimestampMs, zone: &TimeZone) -> String {
    time.timestamp()
        .to_zoned(zone.clone())
        .strftime("%-d %B %Y, %H:%M")
        .to_string()
}

/// A day as people write it: `5 March 2026`.
pub fn day(time: TimestampMs, zone: &TimeZone) -> String {
    time.timestamp()
        .to_zoned(zone.clone())
        .strftime("%-d %B %Y")
        .to_string()
}

/// A path segment or a query's value, percent-encoded.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Text escaped for HTML and XML, in elements and in quoted attributes.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for sign in text.chars() {
        match sign {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// The language of a text, where its script tells: for the right shapes of Han characters, and for voices.
pub fn language(text: &str) -> &'static str {
    let mut han = false;
    for sign in text.chars().take(2000) {
        match sign {
            '\u{AC00}'..='\u{D7A3}' => return "ko",
            '\u{3040}'..='\u{30FF}' => return "ja",
            '\u{4E00}'..='\u{9FFF}' => han = true,
            _ => {}
        }
    }
    if han { "zh" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
            (-1_234, "\u{2212}1,234"),
            (i64::MIN, "\u{2212}9,223,372,036,854,775,808"),
        ] {
            assert_eq!(number(n), text);
        }
        assert_eq!((views(1), views(2)), ("1 view".into(), "2 views".into()));
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let seoul = TimeZone::get("Asia/Seoul").unwrap();
        let time = TimestampMs(1_772_665_200_000);
        assert_eq!(day(time, &TimeZone::UTC), "4 March 2026");
        assert_eq!(day(time, &seoul), "5 March 2026");
    }

    #[test]
    fn escaped_text_is_inert() {
        assert_eq!(escape("a<b>\"'&"), "a&lt;b&gt;&quot;&#39;&amp;");
        assert_eq!(encode("a b/한&~"), "a%20b%2F%ED%95%9C%26~");
    }

    #[test]
    fn scripts_tell_languages() {
        assert_eq!(language("日本語のタイトル"), "ja");
        assert_eq!(language("DB와 JSON"), "ko");
        assert_eq!(language("中文"), "zh");
        assert_eq!(language("Deutsch"), "");
    }
}
