//! The colours of a badge.

/// Colours by name. The first ten are ours; the others are called as by Shields, so that a badge moved from there keeps
/// its address.
const COLORS: [(&str, u32); 20] = [
    ("blue", 0x1f6feb),
    ("green", 0x1a7f37),
    ("red", 0xcf222e),
    ("orange", 0xe16f24),
    ("yellow", 0xd4a72c),
    ("purple", 0x8250df),
    ("pink", 0xbf3989),
    ("teal", 0x137775),
    ("grey", 0x6e7781),
    ("black", 0x24292f),
    ("gray", 0x6e7781),
    ("brightgreen", 0x2da44e),
    ("yellowgreen", 0x94a81f),
    ("lightgrey", 0xafb8c1),
    ("lightgray", 0xafb8c1),
    ("success", 0x2da44e),
    ("important", 0xe16f24),
    ("critical", 0xcf222e),
    ("informational", 0x1f6feb),
    ("inactive", 0xafb8c1),
];

/// A colour that was asked for, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Color {
    /// Its name, or six hexadecimal digits.
    pub(super) text: String,
    pub(super) rgb: u32,
}

impl Color {
    /// The colour of most badges.
    pub(super) fn blue() -> Color {
        Color::named(COLORS[0])
    }

    /// The colour of a badge that has no number to show.
    pub(super) fn inactive() -> Color {
        Color::named(COLORS[COLORS.len() - 1])
    }

    fn named((name, rgb): (&str, u32)) -> Color {
        Color {
            text: name.to_owned(),
            rgb,
        }
    }

    /// Reads a name, or 3 or 6 hexadecimal digits with or without `#`. `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Color> {
        if let Some(known) = COLORS.into_iter().find(|(name, _)| *name == text) {
            return Some(Color::named(known));
        }
        let digits = text.strip_prefix('#').unwrap_or(text);
        // Said first, because the number parser would take a sign.
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let value = u32::from_str_radix(digits, 16).ok()?;
        let rgb = match digits.len() {
            // Each digit stands for two, as in CSS.
            3 => ((value & 0xf00) << 8 | (value & 0xf0) << 4 | value & 0xf) * 0x11,
            6 => value,
            _ => return None,
        };
        Some(Color {
            text: format!("{rgb:06x}"),
            rgb,
        })
    }

    /// White or black, whichever stands out more: the relative luminance of WCAG 2.2, with a plain square for its
    /// curve, against the grey at which both contrast alike.
    pub(super) fn ink(&self) -> &'static str {
        let channel = |shift: u32| (f64::from((self.rgb >> shift) & 0xff) / 255.0).powi(2);
        let luminance = 0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0);
        if luminance > 0.3 { "#000" } else { "#fff" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_and_hexadecimal_colours_only() {
        for (text, rgb) in [
            ("blue", 0x1f6feb),
            ("lightgrey", 0xafb8c1),
            ("#0a3", 0x00aa33),
            ("0A3", 0x00aa33),
            ("c0ffee", 0xc0ffee),
        ] {
            assert_eq!(
                Color::parse(text).map(|color| color.rgb),
                Some(rgb),
                "{text}"
            );
        }
        for text in [
            "",
            "#",
            "bleu",
            "Blue",
            "+12",
            "12345",
            "1234567",
            "red\"/>",
            "url(#x)",
            "ｆｆｆ",
        ] {
            assert_eq!(Color::parse(text), None, "{text}");
        }
        let ink = |text| Color::parse(text).map(|color| color.ink());
        assert_eq!(ink("ffff00"), Some("#000"));
        assert_eq!(ink("blue"), Some("#fff"));
    }
}
