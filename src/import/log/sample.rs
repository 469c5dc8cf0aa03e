//! Bytes of a log as they may be shown on a terminal.

/// Characters of a line that are shown.
const SHOWN: usize = 100;

/// The beginning of some bytes, in which nothing can move the cursor, change colours or hide what follows.
pub(super) fn escaped(bytes: &[u8]) -> String {
    // No character has more than four bytes.
    let start = bytes.get(..4 * SHOWN + 4).unwrap_or(bytes);
    let text = String::from_utf8_lossy(start);
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == SHOWN {
            shown.push('…');
            break;
        }
        match c {
            '"' | '\'' | '\\' => shown.push(c),
            c => shown.extend(c.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_short_and_harmless() {
        assert_eq!(escaped("안녕 \"a\\b'".as_bytes()), "안녕 \"a\\b'");
        assert_eq!(
            escaped(b"\x1b[31mred\r\n\x00\xff\xc2\x9b"),
            "\\u{1b}[31mred\\r\\n\\0\u{fffd}\\u{9b}"
        );
        assert_eq!(escaped("a\u{202e}b\u{7f}".as_bytes()), "a\\u{202e}b\\u{7f}");
        let long = escaped("é".repeat(10_000).as_bytes());
        assert_eq!(long, "é".repeat(SHOWN) + "…");
    }
}
