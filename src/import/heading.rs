//! Finds the first heading of a Markdown text, as plain text: the title of a post that gives none.
//!
//! pulldown-cmark decides what a heading is, so that it agrees with the page the post is shown on:
//! a `#` in a code block or in an HTML comment is not a heading.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The first heading that has text and is not inside a list or a quotation.
pub(super) fn first(markdown: &str) -> Option<String> {
    let options = Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES;
    let mut depth = 0_usize;
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(Tag::Heading { .. }) if depth == 0 => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) if depth == 0 => {
                let text = heading.take().unwrap_or_default();
                if !text.trim().is_empty() {
                    return Some(text);
                }
            }
            // Elements inside a heading are inline and do not change the depth.
            Event::Start(_) if heading.is_none() => depth += 1,
            Event::End(_) if heading.is_none() => depth = depth.saturating_sub(1),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(heading) = &mut heading {
                    heading.push(' ');
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_both_kinds_become_plain_text() {
        for (markdown, heading) in [
            ("# Hello #\n", Some("Hello")),
            (
                "text\n\n### `code` and **bold** _it_ [link](x)\n",
                Some("code and bold it link"),
            ),
            ("Two\nlines\n=====\n", Some("Two lines")),
            ("Below\n---\n", Some("Below")),
            (
                "# ![logo](a.png) A &amp; B \\* <br> ~~c~~ {#id .x}\n",
                Some("logo A & B *  c"),
            ),
            ("# snake_case 2 * 3\n", Some("snake_case 2 * 3")),
            ("#\n\n# Second\n", Some("Second")),
            ("```sh\n# comment\n```\n\n# Real\n", Some("Real")),
            ("~~~\n# no\n\n# Real\n", None),
            ("    # indented code\n\n# Real\n", Some("Real")),
            ("<!--\n# no\n\n# no\n-->\n# Real\n", Some("Real")),
            ("<!-- x -->\n# Real\r\n", Some("Real")),
            ("> # quoted\n\n- # item\n\n# Real\n", Some("Real")),
            ("- item\n---\n\ntext\n", None),
            ("#hashtag\n\n####### seven\n", None),
            ("| a |\n|---|\n| b |\n", None),
            ("import X from 'x';\n\n# 한글 제목\n", Some("한글 제목")),
            ("", None),
        ] {
            assert_eq!(
                first(markdown).as_deref().map(str::trim),
                heading,
                "{markdown:?}"
            );
        }
    }
}
