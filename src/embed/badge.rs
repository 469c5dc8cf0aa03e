//! Draws a post's number of views as a small image for READMEs and pages, and as the JSON from which Shields draws its
//! own.
//!
//! The image is plain SVG without fonts, scripts or links, so that image proxies pass it on unchanged. Everything in it
//! that comes from a request is either checked against what is allowed (colours, styles) or escaped (the label).

use std::fmt::Write;

use super::badge_text::{escaped, text_width};

/// The longest label, in characters.
const LABEL_MAX: usize = 100;

const HEIGHT: u32 = 20;
const PADDING: u32 = 6;

/// Colours by name; more than these are written in hexadecimal.
const COLORS: [(&str, u32); 10] = [
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
];

/// The shape of the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    /// Round corners.
    #[default]
    Flat,
    /// Square corners.
    FlatSquare,
}

/// A colour that was asked for, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Color {
    text: String,
    rgb: u32,
}

/// How a badge is to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Badge {
    label: String,
    color: Color,
    style: Style,
    abbreviate: bool,
}

/// Which query parameter of a badge cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadgeError {
    /// `label`
    Label,
    /// `color`
    Color,
    /// `style`
    Style,
    /// `abbreviate`
    Abbreviate,
}

impl BadgeError {
    /// The parameter and what it takes.
    pub(crate) fn wanted(self) -> (&'static str, &'static str) {
        match self {
            BadgeError::Label => (
                "label",
                "up to 100 characters, none of them control characters",
            ),
            BadgeError::Color => (
                "color",
                "a name such as blue or green, or 3 or 6 hexadecimal digits",
            ),
            BadgeError::Style => ("style", "flat or flat-square"),
            BadgeError::Abbreviate => ("abbreviate", "true or false"),
        }
    }
}

impl Default for Badge {
    /// `views`, blue, flat, the number in full.
    fn default() -> Self {
        let (name, rgb) = COLORS[0];
        Self {
            label: "views".to_owned(),
            color: Color {
                text: name.to_owned(),
                rgb,
            },
            style: Style::default(),
            abbreviate: false,
        }
    }
}

impl Badge {
    /// Reads the decoded parameters of a query; the last of a name counts. Others are passed over: people add one to
    /// get past a cache.
    pub(crate) fn from_query<T: AsRef<str>>(
        parameters: impl Iterator<Item = (T, T)>,
    ) -> Result<Self, BadgeError> {
        let mut badge = Self::default();
        for (name, value) in parameters {
            let value = value.as_ref();
            match name.as_ref() {
                "label" => badge.label = label(value)?,
                "color" => badge.color = Color::parse(value)?,
                "style" => {
                    badge.style = match value {
                        "flat" => Style::Flat,
                        "flat-square" => Style::FlatSquare,
                        _ => return Err(BadgeError::Style),
                    }
                }
                "abbreviate" => {
                    badge.abbreviate = match value {
                        "" | "1" | "true" => true,
                        "0" | "false" => false,
                        _ => return Err(BadgeError::Abbreviate),
                    }
                }
                _ => {}
            }
        }
        Ok(badge)
    }

    /// The number as the badge writes it.
    pub(crate) fn message(&self, views: u64) -> String {
        if self.abbreviate {
            abbreviated(views)
        } else {
            views.to_string()
        }
    }

    /// The image, as an SVG document.
    pub(crate) fn svg(&self, views: u64) -> String {
        let message = self.message(views);
        let (label_text, message_text) = (text_width(&self.label), text_width(&message));
        let left = if self.label.is_empty() {
            0
        } else {
            label_text + 2 * PADDING
        };
        let width = left + message_text + 2 * PADDING;
        let (label, color) = (escaped(&self.label), self.color.rgb);
        let title = if label.is_empty() {
            message.clone()
        } else {
            format!("{label}: {message}")
        };
        let round = match self.style {
            Style::Flat => " rx=\"4\"",
            Style::FlatSquare => "",
        };

        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{HEIGHT}\" \
             viewBox=\"0 0 {width} {HEIGHT}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>\
             <rect width=\"{width}\" height=\"{HEIGHT}\"{round} fill=\"#{color:06x}\"/>"
        );
        if left > 0 {
            let shape = match self.style {
                Style::Flat => format!("M4 0H{left}V{HEIGHT}H4A4 4 0 0 1 0 16V4A4 4 0 0 1 4 0Z"),
                Style::FlatSquare => format!("M0 0H{left}V{HEIGHT}H0Z"),
            };
            push(
                &mut svg,
                format_args!("<path d=\"{shape}\" fill=\"#32383f\"/>"),
            );
        }
        svg.push_str(
            "<g font-family=\"Verdana,Geneva,'DejaVu Sans',sans-serif\" font-size=\"11\">",
        );
        // `textLength` makes the text fill the width computed, whatever font the reader has.
        let mut text = |x: u32, length: u32, fill: &str, text: &str| {
            push(
                &mut svg,
                format_args!(
                    "<text x=\"{x}\" y=\"14\" textLength=\"{length}\" fill=\"{fill}\" \
                     xml:space=\"preserve\">{text}</text>"
                ),
            );
        };
        if left > 0 {
            text(PADDING, label_text, "#fff", &label);
        }
        text(left + PADDING, message_text, self.color.ink(), &message);
        svg.push_str("</g></svg>");
        svg
    }

    /// What Shields' endpoint badge reads (shields.io, "Endpoint Badge", schema version 1).
    pub(crate) fn json(&self, views: u64) -> serde_json::Value {
        serde_json::json!({
            "schemaVersion": 1,
            "label": self.label,
            "message": self.message(views),
            "color": self.color.text,
        })
    }
}

impl Color {
    fn parse(text: &str) -> Result<Self, BadgeError> {
        if let Some((name, rgb)) = COLORS.into_iter().find(|(name, _)| *name == text) {
            return Ok(Self {
                text: name.to_owned(),
                rgb,
            });
        }
        let digits = text.strip_prefix('#').unwrap_or(text);
        // Said first, because the number parser would take a sign.
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(BadgeError::Color);
        }
        let value = u32::from_str_radix(digits, 16).map_err(|_| BadgeError::Color)?;
        let rgb = match digits.len() {
            // Each digit stands for two, as in CSS.
            3 => ((value & 0xf00) << 8 | (value & 0xf0) << 4 | value & 0xf) * 0x11,
            6 => value,
            _ => return Err(BadgeError::Color),
        };
        Ok(Self {
            text: format!("{rgb:06x}"),
            rgb,
        })
    }

    /// White or black, whichever stands out more: the relative luminance of WCAG 2.2, with a plain square for its
    /// curve, against the grey at which both contrast alike.
    fn ink(&self) -> &'static str {
        let channel = |shift: u32| (f64::from((self.rgb >> shift) & 0xff) / 255.0).powi(2);
        let luminance = 0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0);
        if luminance > 0.3 { "#000" } else { "#fff" }
    }
}

/// A label that XML 1.0 can hold: it has no control characters, nor U+FFFE and U+FFFF (section 2.2).
fn label(text: &str) -> Result<String, BadgeError> {
    let allowed = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.chars().count() > LABEL_MAX || !text.chars().all(allowed) {
        return Err(BadgeError::Label);
    }
    Ok(text.to_owned())
}

/// `1.2k`, `34.5k`, `678k`, `3.4M`: cut, not rounded, so that a badge never claims a view too many.
fn abbreviated(views: u64) -> String {
    let mut unit = 1_u64;
    let mut sign = "";
    for next in ["k", "M", "G", "T", "P", "E"] {
        if views / unit < 1000 {
            break;
        }
        unit *= 1000;
        sign = next;
    }
    let (whole, tenth) = (views / unit, views % unit * 10 / unit);
    if tenth == 0 || whole >= 100 {
        format!("{whole}{sign}")
    } else {
        format!("{whole}.{tenth}{sign}")
    }
}

fn push(svg: &mut String, text: std::fmt::Arguments<'_>) {
    svg.write_fmt(text)
        .expect("a string takes all that is written to it");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn badge(query: &[(&str, &str)]) -> Result<Badge, BadgeError> {
        Badge::from_query(query.iter().copied())
    }

    #[test]
    fn draws_valid_svg_that_says_what_it_shows() {
        for style in ["flat", "flat-square"] {
            let svg = badge(&[("style", style), ("label", "조회 <&\"'>")])
                .unwrap()
                .svg(1234);
            let document = roxmltree::Document::parse(&svg).unwrap();
            let root = document.root_element();
            assert_eq!(root.attribute("role"), Some("img"));
            assert_eq!(root.attribute("aria-label"), Some("조회 <&\"'>: 1234"));
            let texts: Vec<_> = root
                .descendants()
                .filter(|node| node.has_tag_name((root.tag_name().namespace().unwrap(), "text")))
                .map(|node| node.text().unwrap())
                .collect();
            assert_eq!(texts, ["조회 <&\"'>", "1234"]);
            assert!(
                root.descendants()
                    .any(|node| node.tag_name().name() == "title")
            );
            assert_eq!(svg.contains("rx="), style == "flat");
        }
    }

    #[test]
    fn draws_the_number_alone_without_a_label() {
        let svg = badge(&[("label", "")]).unwrap().svg(7);
        let document = roxmltree::Document::parse(&svg).unwrap();
        assert_eq!(document.root_element().attribute("aria-label"), Some("7"));
        assert!(!svg.contains("<path"));
    }

    #[test]
    fn abbreviates_by_cutting() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1000, "1k"),
            (1299, "1.2k"),
            (99_999, "99.9k"),
            (100_999, "100k"),
            (999_999, "999k"),
            (3_400_000, "3.4M"),
            (u64::MAX, "18.4E"),
        ];
        for (views, expected) in cases {
            assert_eq!(abbreviated(views), expected, "{views}");
        }
        assert_eq!(Badge::default().message(12_345), "12345");
    }

    #[test]
    fn takes_names_and_hexadecimal_colours_only() {
        for (text, rgb) in [
            ("blue", 0x1f6feb),
            ("#0a3", 0x00aa33),
            ("0A3", 0x00aa33),
            ("c0ffee", 0xc0ffee),
        ] {
            assert_eq!(Color::parse(text).unwrap().rgb, rgb, "{text}");
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
            assert_eq!(Color::parse(text), Err(BadgeError::Color), "{text}");
        }
        assert_eq!(Color::parse("ffff00").unwrap().ink(), "#000");
        assert_eq!(Color::parse("blue").unwrap().ink(), "#fff");
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert_eq!(badge(&[("style", "plastic")]), Err(BadgeError::Style));
        assert_eq!(badge(&[("abbreviate", "yes")]), Err(BadgeError::Abbreviate));
        assert_eq!(badge(&[("label", "a\u{0}")]), Err(BadgeError::Label));
        assert_eq!(
            badge(&[("label", &"x".repeat(101))]),
            Err(BadgeError::Label)
        );
    }

    #[test]
    fn writes_the_endpoint_json() {
        let badge = badge(&[("color", "#0a3"), ("abbreviate", "true")]).unwrap();
        let json = serde_json::json!({"schemaVersion": 1, "label": "views", "message": "1.2k", "color": "00aa33"});
        assert_eq!(badge.json(1234), json);
    }

    proptest::proptest! {
        #[test]
        fn any_label_is_drawn_as_valid_xml_or_refused(text in "(?s).{0,100}", views: u64) {
            if let Ok(badge) = badge(&[("label", &text)]) {
                roxmltree::Document::parse(&badge.svg(views)).unwrap();
            }
        }
    }
}
