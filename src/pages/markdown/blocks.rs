//! Code in colours, tables that scroll by themselves, boxes of task lists.

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Tag, TagEnd};

use super::highlight::{self, Budget};
use crate::pages::text::escape;

/// Replaces the events that are shown otherwise than as CommonMark has them. `budget` is the post's.
pub fn transform<'a>(events: Vec<Event<'a>>, budget: &mut Budget) -> Vec<Event<'a>> {
    let mut transformed = Vec::with_capacity(events.len());
    let mut code: Option<(String, String)> = None;
    for event in events {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => code = Some((language(kind), String::new())),
            Event::End(TagEnd::CodeBlock) => {
                if let Some((language, text)) = code.take() {
                    transformed.push(Event::Html(code_block(&language, &text, budget)));
                }
            }
            Event::Text(text) if code.is_some() => {
                if let Some((_, block)) = &mut code {
                    block.push_str(&text);
                }
            }
            Event::Start(Tag::Table(alignment)) => {
                let scroll = "<div class=\"scroll\" tabindex=\"0\">";
                transformed.push(Event::Html(scroll.into()));
                transformed.push(Event::Start(Tag::Table(alignment)));
            }
            Event::End(TagEnd::Table) => {
                transformed.push(Event::End(TagEnd::Table));
                transformed.push(Event::Html("</div>\n".into()));
            }
            Event::TaskListMarker(done) => {
                transformed.push(Event::Text(if done { "☑ " } else { "☐ " }.into()));
            }
            other => transformed.push(other),
        }
    }
    transformed
}

/// The first word after the fence, without what some generators put behind it: `rust,ignore`, `js{1,3}`.
fn language(kind: CodeBlockKind<'_>) -> String {
    match kind {
        CodeBlockKind::Indented => String::new(),
        CodeBlockKind::Fenced(info) => info
            .split(|sign: char| sign.is_whitespace() || matches!(sign, ',' | '{' | ':' | '('))
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

fn code_block<'a>(language: &str, text: &str, budget: &mut Budget) -> CowStr<'a> {
    let class = if language.is_empty() {
        String::new()
    } else {
        format!(" class=\"language-{}\"", escape(language))
    };
    let code = highlight::html(language, text, budget);
    format!("<pre><code{class}>{code}</code></pre>\n").into()
}
