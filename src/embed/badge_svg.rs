//! Draws a badge: plain SVG without fonts, scripts or links, so that image proxies pass it on unchanged.

use std::fmt::Write;

use super::badge_color::Color;
use super::badge_text::{escaped, text_width};

/// The shape of the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Style {
    /// Round corners.
    #[default]
    Flat,
    /// Square corners.
    FlatSquare,
    /// Higher, in capitals.
    ForTheBadge,
}

/// The measures of a style, in pixels.
struct Measures {
    height: u32,
    padding: u32,
    /// The line that letters stand on.
    baseline: u32,
    radius: u32,
    font: &'static str,
    /// Added to the width of each character.
    spacing: u32,
}

impl Style {
    /// Each by the name that a query has.
    pub(super) const NAMES: [(&'static str, Style); 3] = [
        ("flat", Style::Flat),
        ("flat-square", Style::FlatSquare),
        ("for-the-badge", Style::ForTheBadge),
    ];

    fn measures(self) -> Measures {
        let flat = Measures {
            height: 20,
            padding: 6,
            baseline: 14,
            radius: 4,
            font: "font-size=\"11\"",
            spacing: 0,
        };
        match self {
            Style::Flat => flat,
            Style::FlatSquare => Measures { radius: 0, ..flat },
            Style::ForTheBadge => Measures {
                height: 28,
                padding: 10,
                baseline: 18,
                radius: 0,
                font: "font-size=\"10\" font-weight=\"bold\"",
                spacing: 1,
            },
        }
    }

    fn text(self, text: &str) -> String {
        match self {
            Style::Flat | Style::FlatSquare => text.to_owned(),
            Style::ForTheBadge => text.to_uppercase(),
        }
    }
}

impl Measures {
    fn width(&self, text: &str) -> u32 {
        let letters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        text_width(text).saturating_add(letters.saturating_mul(self.spacing))
    }
}

/// One of the two parts of a badge.
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    pub(super) color: &'a Color,
}

/// The image as an SVG document. A label without text is left out.
pub(super) fn draw(style: Style, label: Part<'_>, message: Part<'_>) -> String {
    let measures = style.measures();
    let Measures {
        height,
        padding,
        baseline,
        radius,
        font,
        ..
    } = measures;
    let texts = [label.text, message.text].map(|text| style.text(text));
    let [label_width, message_width] = texts.each_ref().map(|text| measures.width(text));
    let left = match label.text {
        "" => 0,
        _ => label_width + 2 * padding,
    };
    let width = left + message_width + 2 * padding;
    let title = match label.text {
        "" => escaped(message.text),
        text => format!("{}: {}", escaped(text), escaped(message.text)),
    };
    let corners = match radius {
        0 => String::new(),
        _ => format!(" rx=\"{radius}\""),
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>\
         <rect width=\"{width}\" height=\"{height}\"{corners} fill=\"#{:06x}\"/>",
        message.color.rgb
    );
    if left > 0 {
        let shape = match radius {
            0 => format!("M0 0H{left}V{height}H0Z"),
            r => {
                let low = height - r;
                format!("M{r} 0H{left}V{height}H{r}A{r} {r} 0 0 1 0 {low}V{r}A{r} {r} 0 0 1 {r} 0Z")
            }
        };
        push(
            &mut svg,
            format_args!("<path d=\"{shape}\" fill=\"#{:06x}\"/>", label.color.rgb),
        );
    }
    push(
        &mut svg,
        format_args!("<g font-family=\"Verdana,Geneva,'DejaVu Sans',sans-serif\" {font}>"),
    );
    // `textLength` makes the text fill the width computed, whatever font the reader has.
    let mut text = |x: u32, length: u32, color: &Color, text: &str| {
        push(
            &mut svg,
            format_args!(
                "<text x=\"{x}\" y=\"{baseline}\" textLength=\"{length}\" fill=\"{}\" \
                 xml:space=\"preserve\">{}</text>",
                color.ink(),
                escaped(text)
            ),
        );
    };
    let [label_text, message_text] = texts;
    if left > 0 {
        text(padding, label_width, label.color, &label_text);
    }
    text(left + padding, message_width, message.color, &message_text);
    svg.push_str("</g></svg>");
    svg
}

fn push(svg: &mut String, text: std::fmt::Arguments<'_>) {
    svg.write_fmt(text)
        .expect("a string takes all that is written to it");
}
