//! A post in a request body: read with every mistake told at once, each with its place.

use serde_json::{Map, Value};

use crate::endpoint::post_fields::{self, MAX_TAGS, TagList};
use crate::http::Invalid;
use crate::model::{PostContent, TimestampMs, slug};

/// What a client may send.
const FIELDS: [&str; 6] = ["slug", "title", "summary", "body", "tags", "published_at"];

/// What a client may have from a reply and send back; the server keeps its own.
const IGNORED: [&str; 4] = ["id", "updated_at", "views", "viewers"];

/// Reads a post. Without `slug` or `published_at` an `old` post keeps its own; a new one gets its slug from its title
/// and is published `now`.
///
/// # Errors
/// Everything that is wrong.
pub(super) fn content(
    value: Value,
    old: Option<&PostContent>,
    now: TimestampMs,
) -> Result<PostContent, Vec<Invalid>> {
    let Value::Object(object) = value else {
        return Err(vec![Invalid::new("", "the body must be a JSON object")]);
    };
    let mut fields = Fields {
        object,
        errors: Vec::new(),
    };
    fields.refuse_unknown();
    let title = fields.title();
    let content = PostContent {
        slug: fields.slug(&title, old),
        summary: fields.text("summary").unwrap_or_default(),
        body: fields.text("body").unwrap_or_default(),
        tags: fields.tags(),
        published_at: fields
            .time("published_at")
            .or(old.map(|old| old.published_at))
            .unwrap_or(now),
        updated_at: now,
        title,
    };
    if fields.errors.is_empty() {
        Ok(content)
    } else {
        Err(fields.errors)
    }
}

struct Fields {
    object: Map<String, Value>,
    errors: Vec<Invalid>,
}

impl Fields {
    fn wrong(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.errors.push(Invalid::new(pointer, detail));
    }

    fn refuse_unknown(&mut self) {
        let known = |name: &str| FIELDS.contains(&name) || IGNORED.contains(&name);
        let unknown: Vec<String> = self
            .object
            .keys()
            .filter(|name| !known(name))
            .cloned()
            .collect();
        for name in unknown {
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            self.wrong(
                pointer,
                format!("a post has no {name:?}; it has {}", FIELDS.join(", ")),
            );
        }
    }

    fn text(&mut self, name: &str) -> Option<String> {
        match self.object.remove(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => {
                self.wrong(format!("/{name}"), format!("{name} must be a string"));
                None
            }
        }
    }

    /// What a rule makes of a field, or nothing where it does not hold.
    fn checked(&mut self, name: &str, checked: Result<String, String>) -> String {
        checked.unwrap_or_else(|detail| {
            self.wrong(format!("/{name}"), detail);
            String::new()
        })
    }

    fn title(&mut self) -> String {
        let before = self.errors.len();
        let title = self.text("title").unwrap_or_default();
        if self.errors.len() > before {
            return String::new();
        }
        self.checked("title", post_fields::title(&title))
    }

    fn slug(&mut self, title: &str, old: Option<&PostContent>) -> String {
        match (self.text("slug"), old) {
            (Some(given), _) => self.checked("slug", post_fields::slug(&given)),
            (None, Some(old)) => old.slug.clone(),
            (None, None) => slug::slugify(title),
        }
    }

    fn tags(&mut self) -> Vec<String> {
        let list = match self.object.remove("tags") {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(list)) => list,
            Some(_) => {
                self.wrong("/tags", "tags must be an array of strings");
                return Vec::new();
            }
        };
        if list.len() > MAX_TAGS {
            self.wrong("/tags", post_fields::too_many_tags(list.len()));
            return Vec::new();
        }
        let mut tags = TagList::default();
        for (place, tag) in list.into_iter().enumerate() {
            // What is no string is refused as an empty one is.
            if let Err(detail) = tags.push(tag.as_str().unwrap_or_default()) {
                self.wrong(format!("/tags/{place}"), detail);
            }
        }
        tags.into_tags()
    }

    fn time(&mut self, name: &str) -> Option<TimestampMs> {
        let text = self.text(name)?;
        match text.parse::<jiff::Timestamp>() {
            Ok(timestamp) => Some(timestamp.into()),
            Err(_) => {
                self.wrong(
                    format!("/{name}"),
                    format!("{name} must be an RFC 3339 time such as 2026-01-31T12:00:00Z"),
                );
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn errors(text: &str) -> Vec<(String, String)> {
        let errors = content(json(text), None, TimestampMs(0)).unwrap_err();
        errors
            .into_iter()
            .map(|error| (error.pointer, error.detail))
            .collect()
    }

    #[test]
    fn a_title_is_enough() {
        let post = content(json(r#"{"title":" Hello, World "}"#), None, TimestampMs(7)).unwrap();
        assert_eq!(
            (post.title.as_str(), post.slug.as_str()),
            ("Hello, World", "hello-world")
        );
        assert_eq!(
            (post.published_at, post.updated_at),
            (TimestampMs(7), TimestampMs(7))
        );
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let text = r#"{"slug":"1","tags":["a",2],"published_at":"yesterday","body":1,"a/b":2}"#;
        let pointers: Vec<String> = errors(text)
            .into_iter()
            .map(|(pointer, _)| pointer)
            .collect();
        assert_eq!(
            pointers,
            [
                "/a~1b",
                "/title",
                "/slug",
                "/body",
                "/tags/1",
                "/published_at"
            ]
        );
        assert_eq!(errors("[]")[0].0, "");
    }

    #[test]
    fn a_reply_can_be_sent_back() {
        let text = r#"{"id":1,"slug":"a","title":"A","summary":"","body":"","tags":["x","x"],"views":3,"viewers":1,
            "published_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}"#;
        assert_eq!(
            content(json(text), None, TimestampMs(0)).unwrap().tags,
            ["x"]
        );
    }
}
