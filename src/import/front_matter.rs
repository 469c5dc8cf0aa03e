//! Tells the front matter of a file from its body, and reads it into keys and values.
//!
//! Both languages end in the same few kinds of value, with each scalar as the author wrote it: a
//! title `1.10` must not come out as `1.1`, and a date is read by our own rules whatever the
//! language thinks of it.

use super::{error::Problem, toml, yaml};

/// Bytes the front matter may have, its delimiters included. Real ones have a few hundred.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// A value of the front matter.
#[derive(Debug, PartialEq)]
pub(super) enum Value {
    /// No value: `date:`, `null`, `~`.
    Empty,
    /// A string.
    Text(String),
    /// A number, boolean or TOML date, as written.
    Scalar(String),
    List(Vec<Value>),
    Table(Vec<Entry>),
}

/// A key with its value and the line the value stands on, from 1, in the file.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    pub key: String,
    pub line: usize,
    pub value: Value,
}

/// What the front matter says.
#[derive(Debug, Default)]
pub(super) struct FrontMatter(pub Vec<Entry>);

impl Value {
    /// A string, or any other scalar as it was written.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// A yes or no, in the spellings YAML has had over time.
    pub fn boolean(&self) -> Option<bool> {
        match self.text()?.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) | Self::Scalar(text) => text.trim().is_empty(),
            _ => false,
        }
    }
}

impl FrontMatter {
    /// The entry of a key that has a value. Keys are compared without case: Hugo does, and `Title:`
    /// is common.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        find(&self.0, key)
    }

    /// The first of the keys that has a value.
    pub fn first(&self, keys: &[&str]) -> Option<&Entry> {
        keys.iter().find_map(|key| self.get(key))
    }

    /// An entry of a table within: `[taxonomies] tags`.
    pub fn within(&self, table: &str, key: &str) -> Option<&Entry> {
        match &self.get(table)?.value {
            Value::Table(entries) => find(entries, key),
            _ => None,
        }
    }
}

fn find<'e>(entries: &'e [Entry], key: &str) -> Option<&'e Entry> {
    entries
        .iter()
        .find(|entry| entry.key.eq_ignore_ascii_case(key) && !entry.value.is_empty())
}

/// Splits a text (without byte order mark) into its front matter and its body.
///
/// The first line must be `---` or `+++` alone. The body begins after the line that closes it
/// (`---` or `...`, and `+++`) and is left as it is, to the byte. A `---` that is never closed, or
/// that closes over mere prose, is the thematic break of Markdown, and the whole text is body. The
/// error comes with the line to blame.
pub(super) fn split(text: &str) -> Result<(FrontMatter, &str), (usize, Problem)> {
    let (opening, rest) = line(text);
    let closings: &[&str] = match opening {
        "---" => &["---", "..."],
        "+++" => &["+++"],
        _ => return Ok((FrontMatter::default(), text)),
    };
    let Some((source, body)) = close(rest, closings) else {
        return match opening {
            "+++" => Err((1, Problem::Unclosed)),
            _ => Ok((FrontMatter::default(), text)),
        };
    };
    let size = text.len() - body.len();
    if size > MAX_BYTES {
        return Err((
            1,
            Problem::FrontMatterTooLarge {
                size,
                limit: MAX_BYTES,
            },
        ));
    }
    let entries = if opening == "+++" {
        toml::parse(source).map(Some)
    } else {
        yaml::parse(source)
    };
    // The parsers count from the line after the opening one.
    match entries.map_err(|(line, problem)| (line + 1, problem))? {
        Some(mut entries) => {
            shift(&mut entries);
            Ok((FrontMatter(entries), body))
        }
        None => Ok((FrontMatter::default(), text)),
    }
}

/// The lines before the first closing one, and what follows it.
fn close<'t>(text: &'t str, closings: &[&str]) -> Option<(&'t str, &'t str)> {
    let mut rest = text;
    while !rest.is_empty() {
        let (content, after) = line(rest);
        if closings.contains(&content) {
            return Some((&text[..text.len() - rest.len()], after));
        }
        rest = after;
    }
    None
}

/// The first line of a text less the white space at its end, and the text after it.
fn line(text: &str) -> (&str, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    (line.trim_ascii_end(), rest)
}

fn shift(entries: &mut [Entry]) {
    for entry in entries {
        entry.line += 1;
        if let Value::Table(inner) = &mut entry.value {
            shift(inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> &str {
        split(text).unwrap().1
    }

    #[test]
    fn the_body_is_what_follows_the_closing_line() {
        assert_eq!(body("---\ntitle: a\n---\n\nbody \n"), "\nbody \n");
        assert_eq!(body("---\ntitle: a\n...\nbody"), "body");
        assert_eq!(body("+++\r\ntitle = 'a'\r\n+++\r\n\r\nb\r\n"), "\r\nb\r\n");
        assert_eq!(body("--- \na: b\n---\t\nbody"), "body");
        assert_eq!(body("+++\n+++"), "");
        assert_eq!(body("---\n---\nx\n---\n"), "x\n---\n");
        assert_eq!(body("---\n# a comment\n---\nx"), "x");
    }

    #[test]
    fn what_is_no_front_matter_is_body() {
        for text in [
            "",
            "\n",
            "plain",
            "---",
            "---\n",
            "---\nprose, never closed\n",
            "----\na: b\n----\n",
            " ---\na: b\n---\n",
            "\n---\na: b\n---\n",
            "---\n\nA break, prose.\n\n---\nand more",
            "--- a: b\n---\n",
            "++\n",
        ] {
            assert_eq!(body(text), text);
        }
    }

    #[test]
    fn errors_name_the_line_in_the_file() {
        let error = |text| split(text).map(|_| ()).unwrap_err();
        assert!(matches!(error("+++\na = 1\n"), (1, Problem::Unclosed)));
        assert!(matches!(
            error("---\n- a\n- b\n---\n"),
            (2, Problem::NotKeys)
        ));
        assert!(matches!(
            error("+++\na = 1\nb = \n+++\n"),
            (3, Problem::Syntax { syntax: "TOML", .. })
        ));
        assert!(matches!(
            error("---\na: 1\nb: [\n---\n"),
            (_, Problem::Syntax { syntax: "YAML", .. })
        ));
        let (line, problem) = error("---\ntitle: a: b\n---\n");
        assert_eq!(line, 2, "{problem}");
        let long = format!("---\na: {}\n---\n", "x".repeat(MAX_BYTES));
        assert!(matches!(
            error(&long),
            (1, Problem::FrontMatterTooLarge { .. })
        ));
    }

    #[test]
    fn keys_are_found_without_case_and_with_their_line() {
        let (keys, _) = split("---\nTitle: x\nempty:\ntaxonomies:\n  Tags: [a]\n---\n").unwrap();
        assert_eq!(keys.get("title").unwrap().line, 2);
        assert!(keys.get("empty").is_none());
        assert_eq!(keys.first(&["empty", "title"]).unwrap().key, "Title");
        let tags = keys.within("taxonomies", "tags").unwrap();
        assert_eq!(
            (tags.line, &tags.value),
            (5, &Value::List(vec![Value::Text("a".into())]))
        );
    }

    #[test]
    fn booleans_in_their_spellings() {
        assert_eq!(Value::Scalar("True".into()).boolean(), Some(true));
        assert_eq!(Value::Text("no".into()).boolean(), Some(false));
        assert_eq!(Value::Text("maybe".into()).boolean(), None);
        assert_eq!(Value::Empty.boolean(), None);
    }
}
