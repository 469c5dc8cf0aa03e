//! A post's number of views as a small image for READMEs and pages, and as the JSON from which Shields draws its own.
//!
//! Everything in the image that comes from a request is either checked against what is allowed (colours, styles) or
//! escaped (the label).

use super::badge_color::Color;
use super::badge_number::{abbreviated, grouped};
use super::badge_svg::{Part, Style, draw};

/// The longest label, in characters.
const LABEL_MAX: usize = 100;

/// The ground of the label where no other is asked for.
const LABEL_GROUND: &str = "32383f";

/// What may stand between groups of three digits, by name or as it is.
const SEPARATORS: [(&str, &str); 9] = [
    ("", ""),
    ("none", ""),
    (",", ","),
    ("comma", ","),
    (".", "."),
    ("point", "."),
    (" ", "\u{202f}"),
    ("space", "\u{202f}"),
    ("'", "\u{2019}"),
];

/// How a badge is to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Badge {
    label: String,
    color: Color,
    /// Where another than the usual one is asked for.
    label_color: Option<Color>,
    /// Where another than the usual one is asked for.
    style: Option<(&'static str, Style)>,
    abbreviate: bool,
    /// Between groups of three digits.
    separator: &'static str,
}

/// Which query parameter of a badge cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadgeError {
    /// `label`
    Label,
    /// `color`
    Color,
    /// `labelColor`
    LabelColor,
    /// `style`
    Style,
    /// `abbreviate`
    Abbreviate,
    /// `separator`
    Separator,
}

impl BadgeError {
    /// The parameter and what it takes.
    pub(crate) fn wanted(self) -> (&'static str, &'static str) {
        const COLOR: &str = "a name such as blue or green, or 3 or 6 hexadecimal digits";
        match self {
            BadgeError::Label => (
                "label",
                "up to 100 characters, none of them control characters",
            ),
            BadgeError::Color => ("color", COLOR),
            BadgeError::LabelColor => ("labelColor", COLOR),
            BadgeError::Style => ("style", "flat, flat-square or for-the-badge"),
            BadgeError::Abbreviate => ("abbreviate", "true or false"),
            BadgeError::Separator => ("separator", "comma, point, space or none"),
        }
    }
}

impl Default for Badge {
    /// `views`, blue, flat, the number in full.
    fn default() -> Self {
        Self {
            label: "views".to_owned(),
            color: Color::blue(),
            label_color: None,
            style: None,
            abbreviate: false,
            separator: "",
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
                "color" => badge.color = Color::parse(value).ok_or(BadgeError::Color)?,
                "labelColor" => {
                    let color = Color::parse(value).ok_or(BadgeError::LabelColor)?;
                    badge.label_color = Some(color);
                }
                "style" => {
                    let known = Style::NAMES.into_iter().find(|(name, _)| *name == value);
                    badge.style = Some(known.ok_or(BadgeError::Style)?);
                }
                "abbreviate" => {
                    badge.abbreviate = match value {
                        "" | "1" | "true" => true,
                        "0" | "false" => false,
                        _ => return Err(BadgeError::Abbreviate),
                    }
                }
                "separator" => {
                    let known = SEPARATORS.into_iter().find(|(name, _)| *name == value);
                    badge.separator = known.ok_or(BadgeError::Separator)?.1;
                }
                _ => {}
            }
        }
        Ok(badge)
    }

    /// The number as the badge writes it.
    fn number(&self, views: u64) -> String {
        match self.abbreviate {
            true => abbreviated(views),
            false => grouped(views, self.separator),
        }
    }

    /// The image of a number, as an SVG document.
    pub(crate) fn svg(&self, views: u64) -> String {
        self.svg_of(&self.number(views))
    }

    /// The image of what is said instead of a number.
    pub(crate) fn svg_without_number(message: &str) -> String {
        let badge = Self {
            color: Color::inactive(),
            ..Self::default()
        };
        badge.svg_of(message)
    }

    fn svg_of(&self, message: &str) -> String {
        let ground = Color::parse(LABEL_GROUND).unwrap_or_else(Color::inactive);
        let label = Part {
            text: &self.label,
            color: self.label_color.as_ref().unwrap_or(&ground),
        };
        let message = Part {
            text: message,
            color: &self.color,
        };
        draw(
            self.style.map_or_else(Style::default, |(_, style)| style),
            label,
            message,
        )
    }

    /// What Shields' endpoint badge reads (shields.io, "Endpoint Badge", schema version 1).
    pub(crate) fn json(&self, views: u64) -> serde_json::Value {
        let mut json = serde_json::json!({
            "schemaVersion": 1,
            "label": self.label,
            "message": self.number(views),
            "color": self.color.text,
        });
        if let Some(color) = &self.label_color {
            json["labelColor"] = color.text.as_str().into();
        }
        if let Some((name, _)) = self.style {
            json["style"] = name.into();
        }
        json
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

#[cfg(test)]
mod tests {
    use super::*;

    fn badge(query: &[(&str, &str)]) -> Result<Badge, BadgeError> {
        Badge::from_query(query.iter().copied())
    }

    #[test]
    fn draws_valid_svg_that_says_what_it_shows() {
        for (style, text) in [
            ("flat", "조회 <&\"'> a"),
            ("flat-square", "조회 <&\"'> a"),
            ("for-the-badge", "조회 <&\"'> A"),
        ] {
            let svg = badge(&[("style", style), ("label", "조회 <&\"'> a")])
                .unwrap()
                .svg(1234);
            let document = roxmltree::Document::parse(&svg).unwrap();
            let root = document.root_element();
            assert_eq!(root.attribute("role"), Some("img"));
            assert_eq!(root.attribute("aria-label"), Some("조회 <&\"'> a: 1234"));
            let texts: Vec<_> = root
                .descendants()
                .filter(|node| node.has_tag_name((root.tag_name().namespace().unwrap(), "text")))
                .map(|node| node.text().unwrap())
                .collect();
            assert_eq!(texts, [text, "1234"]);
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
    fn refuses_what_it_does_not_know() {
        for (parameter, error) in [
            (("style", "plastic"), BadgeError::Style),
            (("abbreviate", "yes"), BadgeError::Abbreviate),
            (("separator", ";"), BadgeError::Separator),
            (("color", "bleu"), BadgeError::Color),
            (("labelColor", "bleu"), BadgeError::LabelColor),
            (("label", "a\u{0}"), BadgeError::Label),
            (("label", &"x".repeat(101)), BadgeError::Label),
        ] {
            assert_eq!(badge(&[parameter]), Err(error));
        }
    }

    #[test]
    fn writes_the_endpoint_json() {
        let usual = badge(&[("color", "#0a3"), ("abbreviate", "true")]).unwrap();
        let json = serde_json::json!({"schemaVersion": 1, "label": "views", "message": "1.2k", "color": "00aa33"});
        assert_eq!(usual.json(1234), json);
        let special = badge(&[
            ("labelColor", "grey"),
            ("style", "for-the-badge"),
            ("separator", "comma"),
        ]);
        let json = serde_json::json!({"schemaVersion": 1, "label": "views", "message": "1,234", "color": "blue",
            "labelColor": "grey", "style": "for-the-badge"});
        assert_eq!(special.unwrap().json(1234), json);
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
