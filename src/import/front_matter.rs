//! Separates the front matter of a file from its body, and parses it into keys and values.
//!
//! YAML and TOML give the same few kinds of value, each scalar as the author wrote it: a title `1.10` must
//! not become `1.1`, and dates are parsed by [`date`](super::date), whatever the language makes of them.

use super::{
    error::ImportError,
    toml,
    value::{KeyValue, Value},
    yaml,
};

/// Bytes the front matter may have, its delimiters included. Real ones have a few hundred.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// The entries of a front matter.
#[derive(Debug, Default)]
pub struct FrontMatter(pub Vec<KeyValue>);

impl FrontMatter {
    /// The entry of a key that has a value. Keys are compared case-insensitively: Hugo does so, and
    /// `Title:` is common.
    pub fn get(&self, key: &str) -> Option<&KeyValue> {
        find(&self.0, key)
    }

    /// The first of the keys that has a value.
    pub fn first(&self, keys: &[&str]) -> Option<&KeyValue> {
        keys.iter().find_map(|key| self.get(key))
    }

    /// An entry of a nested table: `[taxonomies] tags`.
    pub fn within(&self, table: &str, key: &str) -> Option<&KeyValue> {
        match &self.get(table)?.value {
            Value::Table(entries) => find(entries, key),
            _ => None,
        }
    }
}

fn find<'e>(entries: &'e [KeyValue], key: &str) -> Option<&'e KeyValue> {
    entries
        .iter()
        .find(|entry| entry.key.eq_ignore_ascii_case(key) && !entry.value.is_empty())
}

/// Splits a text (without byte order mark) into its front matter and its body.
///
/// The first line must be `---` or `+++` alone. The body begins after the line that closes it
/// (`---` or `...`, and `+++`) and is not changed by a byte. A `---` that is never closed, or
/// that encloses prose, is a thematic break of Markdown, and the whole text is body. The error comes with its
/// line.
pub fn split(text: &str) -> Result<(FrontMatter, &str), (usize, ImportError)> {
    let (opening, rest) = line(text);
    let closings: &[&str] = match opening {
        "---" => &["---", "..."],
        "+++" => &["+++"],
        _ => return Ok((FrontMatter::default(), text)),
    };
    let Some((source, body)) = close(rest, closings) else {
        return match opening {
            "+++" => Err((1, ImportError::Unclosed)),
            _ => Ok((FrontMatter::default(), text)),
        };
    };
    let size = text.len() - body.len();
    if size > MAX_BYTES {
        return Err((
            1,
            ImportError::FrontMatterTooLarge {
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
    match entries.map_err(|(line, error)| (line + 1, error))? {
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

fn shift(entries: &mut [KeyValue]) {
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
    fn text_without_front_matter_is_body() {
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
        assert!(matches!(error("+++\na = 1\n"), (1, ImportError::Unclosed)));
        assert!(matches!(
            error("---\n- a\n- b\n---\n"),
            (2, ImportError::NotKeys)
        ));
        assert!(matches!(
            error("+++\na = 1\nb = \n+++\n"),
            (3, ImportError::Syntax { syntax: "TOML", .. })
        ));
        assert!(matches!(
            error("---\na: 1\nb: [\n---\n"),
            (_, ImportError::Syntax { syntax: "YAML", .. })
        ));
        let (line, why) = error("---\ntitle: a: b\n---\n");
        assert_eq!(line, 2, "{why}");
        let long = format!("---\na: {}\n---\n", "x".repeat(MAX_BYTES));
        assert!(matches!(
            error(&long),
            (1, ImportError::FrontMatterTooLarge { .. })
        ));
    }

    #[test]
    fn keys_are_found_case_insensitively_and_with_their_line() {
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
}
