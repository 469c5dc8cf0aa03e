//! Makes a post of a file's text: which key of the front matter gives which field, and the default of each.

use jiff::Timestamp;

use crate::model::{PageAddress, address, slug, tags::distinct_tags};

use super::{
    date,
    error::ImportError,
    front_matter::{self, FrontMatter},
    heading,
    imported_post::{ImportedPost, Outcome, SkipReason},
    location::{FileLocation, path_of_address},
    path_date,
    value::{KeyValue, Value},
};

/// The longest a title may be, in characters.
const MAX_TITLE_CHARS: usize = 500;

/// Keys of the publication date; the first that has a value counts.
const PUBLISHED: [&str; 5] = [
    "date",
    "published_at",
    "publishDate",
    "published",
    "created",
];

/// Keys of the date of the last change.
const UPDATED: [&str; 4] = ["updated", "updated_at", "lastmod", "modified"];

/// Keys of the address of the post's page.
const ADDRESS: [&str; 3] = ["path", "url", "permalink"];

/// An error and its line.
pub type LineError = (usize, ImportError);

/// Makes a post of a text (without byte order mark). `source` is the canonical path of its file.
pub fn from_text(
    text: &str,
    location: FileLocation,
    source: String,
    now: Timestamp,
    max_body: u64,
) -> Result<Outcome, LineError> {
    let (keys, body) = front_matter::split(text)?;
    let size = body.len() as u64;
    if is_draft(&keys)? {
        return Ok(Outcome::Skipped(SkipReason::Draft));
    }
    let addresses = addresses(&keys);
    let published_at = published(&keys)?
        .or(location.date)
        .or_else(|| addresses.iter().find_map(|path| date_of_address(path)))
        .or(location.folder_date);
    // Hugo posts may have a `date` of writing and a later `publishDate`; both must have
    // passed.
    let scheduled = keys.get("publishDate").map(date_of).transpose()?;
    if published_at.max(scheduled) > Some(now.as_millisecond()) {
        return Ok(Outcome::Skipped(SkipReason::Future));
    }
    if size > max_body {
        let line = text[..text.len() - body.len()].matches('\n').count() + 1;
        return Err((
            line,
            ImportError::TooLarge {
                size,
                limit: max_body,
            },
        ));
    }
    let title = title(&keys, body, &location)?;
    Ok(Outcome::Post(Box::new(ImportedPost {
        source,
        slug: slug_for(&keys, &addresses, &location, &title)?,
        address: address_of(&keys),
        summary: summary(&keys),
        tags: tags(&keys)?,
        published_at,
        updated_at: keys.first(&UPDATED).map(date_of).transpose()?,
        title,
        body: body.to_owned(),
        relative: location.relative,
    })))
}

fn is_draft(keys: &FrontMatter) -> Result<bool, LineError> {
    let draft = match keys.get("draft") {
        // A guess could publish a draft.
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

fn published(keys: &FrontMatter) -> Result<Option<i64>, LineError> {
    PUBLISHED
        .iter()
        .filter_map(|key| keys.get(key))
        // `published: true` and `published: by a friend` give no date.
        .find(|entry| !entry.key.eq_ignore_ascii_case("published") || has_digit(&entry.value))
        .map(date_of)
        .transpose()
}

fn has_digit(value: &Value) -> bool {
    value
        .text()
        .is_some_and(|text| text.contains(|c: char| c.is_ascii_digit()))
}

fn date_of(entry: &KeyValue) -> Result<i64, LineError> {
    let text = entry.value.text().ok_or_else(|| wrong(entry, "a date"))?;
    date::parse(text).ok_or_else(|| {
        let value = text.trim().chars().take(80).collect();
        (
            entry.line,
            ImportError::Date {
                key: entry.key.clone(),
                value,
            },
        )
    })
}

fn title(keys: &FrontMatter, body: &str, location: &FileLocation) -> Result<String, LineError> {
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
        .unwrap_or_else(|| one_line(&location.name));
    Ok(if title.is_empty() {
        slug::slugify(&location.name)
    } else {
        title
    })
}

/// A title on one line: control characters (line breaks) become spaces, and it is cut to its maximum
/// length.
fn one_line(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let cut: String = line.trim().chars().take(MAX_TITLE_CHARS).collect();
    cut.trim_end().to_owned()
}

/// The decoded paths that the front matter says the post's page has.
fn addresses(keys: &FrontMatter) -> Vec<String> {
    ADDRESS
        .iter()
        .filter_map(|key| path_of_address(keys.get(key)?.value.text()?))
        .collect()
}

/// The address that the front matter says, in the form that tells pages apart.
fn address_of(keys: &FrontMatter) -> Option<String> {
    let texts = ADDRESS.iter().filter_map(|key| keys.get(key)?.value.text());
    let text = texts
        .map(str::trim)
        .find(|text| path_of_address(text).is_some())?;
    let page = match text.contains("://") {
        true => PageAddress::parse(text),
        false => PageAddress::parse(&format!("/{}", text.trim_start_matches('/'))),
    };
    Some(page.ok()?.address().to_owned())
}

/// The date that an address's folders say, UTC milliseconds.
fn date_of_address(path: &str) -> Option<i64> {
    let segments = address::segments(path);
    path_date::of_folders(&segments)
}

fn slug_for(
    keys: &FrontMatter,
    addresses: &[String],
    location: &FileLocation,
    title: &str,
) -> Result<String, LineError> {
    let chosen = match keys.get("slug") {
        Some(entry) => Some(entry.value.text().ok_or_else(|| wrong(entry, "text"))?),
        None => addresses.first().map(String::as_str),
    };
    let slug = address::slug_of_path(chosen.unwrap_or(&location.address));
    Ok(slug.unwrap_or_else(|| slug::slugify(title)))
}

fn summary(keys: &FrontMatter) -> String {
    ["summary", "description", "excerpt"]
        .iter()
        .filter_map(|key| keys.get(key))
        // `excerpt: false` is an option of some generators, not a summary.
        .filter(|entry| entry.value.boolean().is_none())
        .find_map(|entry| entry.value.text())
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}

/// Tags from a list, or from a string with commas between them. A string without commas is one tag,
/// although Jekyll would split it at spaces: tags of two words are common, and a split cannot be undone.
fn tags(keys: &FrontMatter) -> Result<Vec<String>, LineError> {
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
    let tags = given.into_iter().map(one_line);
    Ok(distinct_tags(tags.filter(|tag| !tag.is_empty())))
}

fn wrong(entry: &KeyValue, expected: &'static str) -> LineError {
    (
        entry.line,
        ImportError::Kind {
            key: entry.key.clone(),
            expected,
        },
    )
}

#[cfg(test)]
#[path = "../../tests/import/post.rs"]
mod tests;
