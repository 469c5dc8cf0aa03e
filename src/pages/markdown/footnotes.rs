//! Footnotes: numbered in the order in which the text names them, listed at its end, linked both ways.

use std::collections::HashMap;
use std::fmt::Write as _;

use pulldown_cmark::{CowStr, Event, Tag, TagEnd};

/// The notes that the text names, in its order.
pub struct Notes<'a>(Vec<Vec<Event<'a>>>);

/// Takes the notes out of the text, and puts links to them in place of their names.
pub fn collect(events: Vec<Event<'_>>) -> (Vec<Event<'_>>, Notes<'_>) {
    let mut definitions: HashMap<CowStr<'_>, Vec<Event<'_>>> = HashMap::new();
    let mut text = Vec::with_capacity(events.len());
    let mut open: Option<(CowStr<'_>, Vec<Event<'_>>)> = None;
    for event in events {
        match event {
            Event::Start(Tag::FootnoteDefinition(name)) if open.is_none() => {
                open = Some((name, Vec::new()));
            }
            Event::End(TagEnd::FootnoteDefinition) => {
                if let Some((name, events)) = open.take() {
                    // Of two definitions the first holds, as for links.
                    definitions.entry(name).or_insert(events);
                }
            }
            other => match &mut open {
                Some((_, events)) => events.push(other),
                None => text.push(other),
            },
        }
    }
    let mut numbers: HashMap<CowStr<'_>, usize> = HashMap::new();
    let mut notes = Vec::new();
    for event in &mut text {
        let Event::FootnoteReference(name) = event else {
            continue;
        };
        let html = match numbers.get(name) {
            Some(number) => {
                format!("<sup class=\"footnote\"><a href=\"#note-{number}\">{number}</a></sup>")
            }
            None => match definitions.remove(name) {
                Some(definition) => {
                    notes.push(definition);
                    let number = notes.len();
                    numbers.insert(name.clone(), number);
                    format!(
                        "<sup id=\"ref-{number}\" class=\"footnote\"><a href=\"#note-{number}\">{number}</a></sup>"
                    )
                }
                None => String::new(),
            },
        };
        *event = Event::InlineHtml(html.into());
    }
    (text, Notes(notes))
}

/// Appends the list of notes; `render` makes HTML of one.
pub fn push<'a>(
    out: &mut String,
    notes: Notes<'a>,
    mut render: impl FnMut(Vec<Event<'a>>) -> String,
) {
    if notes.0.is_empty() {
        return;
    }
    out.push_str("<section class=\"footnotes\"><ol>\n");
    for (place, events) in notes.0.into_iter().enumerate() {
        let number = place + 1;
        let note = render(without_references(events));
        // A String takes every write.
        let _ = writeln!(
            out,
            "<li id=\"note-{number}\">{note}<a href=\"#ref-{number}\" title=\"Back to the text\">↩</a></li>"
        );
    }
    out.push_str("</ol></section>\n");
}

/// A note that names another note would have to be numbered after the list has begun.
fn without_references(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    events
        .into_iter()
        .filter(|event| !matches!(event, Event::FootnoteReference(_)))
        .collect()
}
