//! Makes a post of a file's text: which key of the front matter says what, and what stands in where
//! it says nothing.

use jiff::Timestamp;

use crate::model::slug;

use super::{
    ImportedPost, Outcome, SkipReason, date,
    error::Problem,
    front_matter::{self, Entry, FrontMatter, Value},
    heading,
    name::{Place, last_segment},
};

/// The longest a title may be, in characters.
const MAX_TITLE_CHARS: usize = 500;

/// Keys that date a post, the first that has a value counts.
const PUBLISHED: [&str; 5] = [
    "date",
    "published_at",
    "publishDate",
    "published",
    "created",
];

/// Keys that date its last change.
const UPDATED: [&str; 4] = ["updated", "updated_at", "lastmod", "modified"];

/// A problem and the line to blame for it.
type Blame = (usize, Problem);

/// Reads a text (without byte order mark) that was found at a place. `source` is where it lies for
/// good.
pub(super) fn from_text(
    text: &str,
    place: Place,
    source: String,
    now: Timestamp,
    max_body: u64,
) -> Result<Outcome, Blame> {
    let (keys, body) = front_matter::split(text)?;
    let size = body.len() as u64;
    if is_draft(&keys)? {
        return Ok(Outcome::Skipped(SkipReason::Draft));
    }
    let published_at = published(&keys)?.or(place.date);
    // Hugo posts may have a `date` of writing and a later `publishDate`; the later one must not be
    // jumped.
    let scheduled = keys.get("publishDate").map(date_of).transpose()?;
    if published_at.max(scheduled) > Some(now.as_millisecond()) {
        return Ok(Outcome::Skipped(SkipReason::Future));
    }
    if size > max_body {
        let line = text[..text.len() - body.len()].matches('\n').count() + 1;
        return Err((
            line,
            Problem::TooLarge {
                size,
                limit: max_body,
            },
        ));
    }
    let title = title(&keys, body, &place)?;
    Ok(Outcome::Post(ImportedPost {
        source,
        slug: slug_for(&keys, &place, &title)?,
        summary: summary(&keys),
        tags: tags(&keys)?,
        published_at,
        updated_at: keys.first(&UPDATED).map(date_of).transpose()?,
        title,
        body: body.to_owned(),
        relative: place.relative,
    }))
}

fn is_draft(keys: &FrontMatter) -> Result<bool, Blame> {
    let draft = match keys.get("draft") {
        // Guessing here could publish what was not meant to be seen.
        Some(entry) => entry
            .value
            .boolean()
            .ok_or_else(|| wrong(entry, "true or false"))?,
        None => false,
    };
    let published = keys
        .get("published")
        .and_then(|entry| entry.value.boolean());
    Ok(draft || published == Some(false))
}

fn published(keys: &FrontMatter) -> Result<Option<i64>, Blame> {
    PUBLISHED
        .iter()
        .filter_map(|key| keys.get(key))
        // `published: true` and `published: by a friend` say nothing about when.
        .find(|entry| !entry.key.eq_ignore_ascii_case("published") || has_digit(&entry.value))
        .map(date_of)
        .transpose()
}

fn has_digit(value: &Value) -> bool {
    value
        .text()
        .is_some_and(|text| text.contains(|c: char| c.is_ascii_digit()))
}

fn date_of(entry: &Entry) -> Result<i64, Blame> {
    let text = entry.value.text().ok_or_else(|| wrong(entry, "a date"))?;
    date::parse(text).ok_or_else(|| {
        let value = text.trim().chars().take(80).collect();
        (
            entry.line,
            Problem::Date {
                key: entry.key.clone(),
                value,
            },
        )
    })
}

fn title(keys: &FrontMatter, body: &str, place: &Place) -> Result<String, Blame> {
    if let Some(entry) = keys.get("title") {
        let text = entry.value.text().ok_or_else(|| wrong(entry, "text"))?;
        let title = one_line(text);
        if !title.is_empty() {
            return Ok(title);
        }
    }
    let heading = heading::first(body).map(|heading| one_line(&heading));
    let title = heading
        .filter(|title| !title.is_empty())
        .unwrap_or_else(|| one_line(&place.name));
    Ok(if title.is_empty() {
        slug::slugify(&place.name)
    } else {
        title
    })
}

/// A title fit for a table or a page's head: control characters (line breaks) become spaces, and it
/// ends somewhere.
fn one_line(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let cut: String = line.trim().chars().take(MAX_TITLE_CHARS).collect();
    cut.trim_end().to_owned()
}

fn slug_for(keys: &FrontMatter, place: &Place, title: &str) -> Result<String, Blame> {
    let chosen = match keys.get("slug") {
        Some(entry) => Some(entry.value.text().ok_or_else(|| wrong(entry, "text"))?),
        None => ["path", "url", "permalink"]
            .iter()
            .find_map(|key| last_segment(keys.get(key)?.value.text()?)),
    };
    let slug = slug::slug_of(chosen.unwrap_or(&place.name));
    Ok(slug.unwrap_or_else(|| slug::slugify(title)))
}

fn summary(keys: &FrontMatter) -> String {
    ["summary", "description", "excerpt"]
        .iter()
        .filter_map(|key| keys.get(key))
        // `excerpt: false` is a switch of some generators, not a summary.
        .filter(|entry| entry.value.boolean().is_none())
        .find_map(|entry| entry.value.text())
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}

/// Tags from a list, or from a string with commas between them. A string without commas is one tag,
/// though Jekyll would part it at spaces: tags of two words are common, and what was parted cannot
/// be put together again.
fn tags(keys: &FrontMatter) -> Result<Vec<String>, Blame> {
    let Some(entry) = keys
        .get("tags")
        .or_else(|| keys.within("taxonomies", "tags"))
    else {
        return Ok(Vec::new());
    };
    let expected = "a list of text";
    let given: Vec<&str> = match &entry.value {
        Value::List(items) => items
            .iter()
            .filter(|item| **item != Value::Empty)
            .map(|item| item.text().ok_or_else(|| wrong(entry, expected)))
            .collect::<Result<_, _>>()?,
        value => value
            .text()
            .ok_or_else(|| wrong(entry, expected))?
            .split(',')
            .collect(),
    };
    let mut tags: Vec<String> = Vec::new();
    for tag in given.into_iter().map(one_line) {
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

fn wrong(entry: &Entry, expected: &'static str) -> Blame {
    (
        entry.line,
        Problem::Kind {
            key: entry.key.clone(),
            expected,
        },
    )
}

#[cfg(test)]
#[path = "post_tests.rs"]
mod tests;
