//! Headings: their levels below the page's title, and ids to link to.

use std::collections::HashMap;

use pulldown_cmark::{CowStr, Event, HeadingLevel, Tag, TagEnd};

use crate::model::slug;

/// Leaves out a first heading that repeats the title, moves headings below the title's level, and gives each an id:
/// its author's, or its text as a slug.
pub fn arrange<'a>(events: Vec<Event<'a>>, title: &str) -> Vec<Event<'a>> {
    let skip = repeated_title(&events, title);
    let shift = usize::from(events[skip..].iter().any(|event| {
        matches!(
            event,
            Event::Start(Tag::Heading {
                level: HeadingLevel::H1,
                ..
            })
        )
    }));
    let mut taken = HashMap::new();
    let texts = texts(&events);
    let mut texts = texts.into_iter();
    let mut arranged = Vec::with_capacity(events.len());
    for (place, event) in events.into_iter().enumerate() {
        let event = match event {
            Event::Start(Tag::Heading {
                level, id, attrs, ..
            }) => {
                let text = texts.next().unwrap_or_default();
                let wanted = id.map_or_else(|| slug::slugify(&text), |id| id.to_string());
                Event::Start(Tag::Heading {
                    level: lower(level, shift),
                    id: Some(free(wanted, &mut taken)),
                    classes: Vec::new(),
                    attrs,
                })
            }
            Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level, shift))),
            other => other,
        };
        if place >= skip {
            arranged.push(event);
        }
    }
    arranged
}

/// How many events a first heading has that says what the title says.
fn repeated_title(events: &[Event<'_>], title: &str) -> usize {
    let starts = matches!(
        events.first(),
        Some(Event::Start(Tag::Heading {
            level: HeadingLevel::H1,
            ..
        }))
    );
    let end = events
        .iter()
        .position(|event| matches!(event, Event::End(TagEnd::Heading(_))));
    match end {
        Some(end) if starts && plain(&events[..end]).trim() == title.trim() => end + 1,
        _ => 0,
    }
}

/// The text of each heading.
fn texts(events: &[Event<'_>]) -> Vec<String> {
    let mut texts = Vec::new();
    let mut start = 0;
    for (place, event) in events.iter().enumerate() {
        match event {
            Event::Start(Tag::Heading { .. }) => start = place,
            Event::End(TagEnd::Heading(_)) => texts.push(plain(&events[start..place])),
            _ => {}
        }
    }
    texts
}

fn plain(events: &[Event<'_>]) -> String {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(&**text),
            Event::SoftBreak | Event::HardBreak => Some(" "),
            _ => None,
        })
        .collect()
}

fn lower(level: HeadingLevel, by: usize) -> HeadingLevel {
    HeadingLevel::try_from(level as usize + by).unwrap_or(HeadingLevel::H6)
}

/// An id that no other heading has, nor the page around the text: its ids begin with `page-`. `taken` has the ids so
/// far, each with the last number that was put behind it.
fn free<'a>(wanted: String, taken: &mut HashMap<String, usize>) -> CowStr<'a> {
    let wanted = match wanted.strip_prefix("page-") {
        Some(rest) => rest.to_owned(),
        None => wanted,
    };
    let mut number = match taken.get(&wanted) {
        None => {
            taken.insert(wanted.clone(), 1);
            return wanted.into();
        }
        Some(number) => *number,
    };
    loop {
        number += 1;
        let id = format!("{wanted}-{number}");
        if !taken.contains_key(&id) {
            taken.insert(id.clone(), 1);
            taken.insert(wanted, number);
            return id.into();
        }
    }
}
