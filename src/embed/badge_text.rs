//! Measures and escapes the texts of a badge. Widths come from a table of our own: a server has no fonts.

use unicode_width::UnicodeWidthChar;

/// The widths of the characters from space to tilde at 11 pixels, in tenths: those of DejaVu Sans, measured in Chromium.
/// Verdana, which it was drawn after, differs by a tenth or two but for its space, I and J; they are between the two.
#[rustfmt::skip]
const ASCII: [u8; 95] = [
    37, 44, 51, 92, 70, 105, 86, 30, 43, 43, 55, 92, 37, 40, 37, 40,
    70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 40, 40, 92, 92, 92, 58,
    110, 75, 75, 77, 85, 70, 63, 85, 83, 40, 40, 74, 61, 94, 82, 87,
    66, 87, 76, 72, 67, 81, 75, 109, 75, 67, 75, 46, 40, 46, 92, 62,
    62, 67, 70, 60, 70, 67, 39, 70, 70, 31, 34, 64, 31, 107, 70, 67,
    70, 70, 46, 57, 43, 70, 65, 90, 65, 65, 58, 70, 43, 70, 92,
];

/// The width in pixels of a text at 11 pixels: ASCII by the table, all else by its columns (Unicode Standard Annex 11:
/// Hangul, Kana and Han take two, marks none).
pub(super) fn text_width(text: &str) -> u32 {
    let tenths = text.chars().map(|c| match c {
        ' '..='~' => u32::from(ASCII[c as usize - ' ' as usize]),
        _ => match c.width() {
            None | Some(0) => 0,
            Some(1) => 70,
            Some(_) => 110,
        },
    });
    tenths.sum::<u32>().div_ceil(10)
}

/// Text as XML holds it, in an element or an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangul_and_kana_are_full_width() {
        assert_eq!(text_width("조회"), 22);
        assert_eq!(text_width("かな"), 22);
        assert!(text_width("views") > text_width("ill"));
        assert_eq!(text_width("e\u{301}"), text_width("e"));
    }
}
