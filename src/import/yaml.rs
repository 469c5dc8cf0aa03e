//! Front matter in YAML.
//!
//! Of the crates that bring YAML to serde, serde-saphyr is maintained, has no unsafe code (the forks of `serde_yaml`,
//! `serde_norway` and `serde_yaml_ng`, use C translated to unsafe Rust), and limits depth, nodes and replayed aliases:
//! beyond them it returns an error instead of using more memory.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{
    Error, Location, MessageFormatter, Spanned, UserMessageFormatter, options::NonFiniteFloatPolicy,
};

use super::{
    error::{ImportError, sentence},
    value::{KeyValue, Value, line_at},
};

/// A hint for the most common cause of an error.
const QUOTES: &str = "; a value with \": \" in it or a sign at its start needs quotes";

/// Parses YAML; `None` if it is plain text. The error comes with its line in `source`, from 1.
pub(super) fn parse(source: &str) -> Result<Option<Vec<KeyValue>>, (usize, ImportError)> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: 32, max_nodes: 20_000 },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 10_000 },
        // A title may be `.inf`; its text is taken from the source anyway.
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Node>(source, options) {
        Ok(Node::Map(entries)) => Ok(Some(self::entries(entries, source))),
        Ok(Node::Empty) => Ok(Some(Vec::new())),
        Ok(Node::Text(_) | Node::Other) => Ok(None),
        Ok(Node::List(_)) => Err((first_line(source), ImportError::NotKeys)),
        Err(error) => {
            let line = error.location().map_or(1, |at| line_of(at, source));
            let detail = sentence(&UserMessageFormatter.format_message(&error));
            let hint = match error {
                Error::ExternalMessage { .. } | Error::Unexpected { .. } => QUOTES,
                _ => "",
            };
            Err((
                line,
                ImportError::Syntax {
                    syntax: "YAML",
                    detail,
                    hint,
                },
            ))
        }
    }
}

/// The line of a place where lines end with LF. The parser's also end with a CR alone, as YAML has it and editors do not.
fn line_of(place: Location, source: &str) -> usize {
    let lines_before = usize::try_from(place.line()).unwrap_or(1).max(1) - 1;
    let bytes = source.as_bytes();
    let mut breaks = memchr::memchr2_iter(b'\r', b'\n', bytes)
        .filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
    match lines_before.checked_sub(1) {
        None => 1,
        Some(last) => line_at(source, breaks.nth(last).map_or(bytes.len(), |at| at + 1)),
    }
}

/// The first line that is not blank.
fn first_line(source: &str) -> usize {
    source
        .lines()
        .position(|line| !line.trim().is_empty())
        .map_or(1, |at| at + 1)
}

/// A node as serde gives it. Numbers and booleans have lost their spelling, so only their position is
/// kept.
enum Node {
    Empty,
    Text(String),
    Other,
    List(Vec<Spanned<Node>>),
    Map(Vec<(String, Spanned<Node>)>),
}

fn entries(map: Vec<(String, Spanned<Node>)>, source: &str) -> Vec<KeyValue> {
    map.into_iter()
        .map(|(key, node)| KeyValue {
            key,
            line: line_of(node.referenced, source),
            value: value(node, source),
        })
        .collect()
}

fn value(node: Spanned<Node>, source: &str) -> Value {
    match node.value {
        Node::Empty => Value::Empty,
        Node::Text(text) => Value::Text(text),
        Node::Other => {
            let span = node.defined.span();
            let start = span.byte_offset().and_then(|at| usize::try_from(at).ok());
            let len = span.byte_len().and_then(|len| usize::try_from(len).ok());
            let written = start
                .zip(len)
                .and_then(|(start, len)| source.get(start..)?.get(..len));
            Value::Scalar(written.unwrap_or_default().trim().to_owned())
        }
        Node::List(items) => {
            Value::List(items.into_iter().map(|item| value(item, source)).collect())
        }
        Node::Map(map) => Value::Table(entries(map, source)),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Empty)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Empty)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(source: &str) -> Value {
        parse(source).unwrap().unwrap().pop().unwrap().value
    }

    #[test]
    fn scalars_stay_as_written() {
        for written in [
            "1.10", "2018", "007", "0x1F", "1_000", "yes", "True", "1e999", ".inf", "-.5", "12:30",
            "1e3",
        ] {
            let found = value(&format!("é: ü\na: {written} # note"));
            assert_eq!(found.text(), Some(written), "{found:?}");
        }
        assert_eq!(value("a: 2024-4-09"), Value::Text("2024-4-09".into()));
        assert_eq!(value("a: '1.10'"), Value::Text("1.10".into()));
        assert_eq!(value("a: .NET의"), Value::Text(".NET의".into()));
        assert_eq!(value("x: &n 1.10\na: *n"), Value::Scalar("1.10".into()));
        assert_eq!(value("a: !!str 1.10"), Value::Text("1.10".into()));
        let items = ["1.10", "on"].map(|item| Value::Scalar(item.into()));
        assert_eq!(value("a: [1.10, on]"), Value::List(items.into()));
        for empty in ["a:", "a: ~", "a: null", "a: # note"] {
            assert_eq!(value(empty), Value::Empty, "{empty}");
        }
        assert_eq!(value("a: |\n  x\n  y\n"), Value::Text("x\ny\n".into()));
        assert_eq!(
            value("a: x\r\nb: >\r\n  x\r\n  y\r\n"),
            Value::Text("x y\n".into())
        );
    }

    #[test]
    fn text_and_lists_are_not_maps() {
        assert!(parse("").unwrap().unwrap().is_empty());
        assert!(parse("# a comment\n").unwrap().unwrap().is_empty());
        assert!(parse("just prose\nover two lines\n").unwrap().is_none());
        assert!(parse("42").unwrap().is_none());
        assert!(matches!(parse("\n- a"), Err((2, ImportError::NotKeys))));
    }

    #[test]
    fn entries_and_errors_have_their_line() {
        let entries = parse("a: 1\n\nb:\n  c: 2\n").unwrap().unwrap();
        assert_eq!(entries[1].key, "b");
        assert!(matches!(&entries[1].value, Value::Table(inner) if inner[0].line == 4));
        // A CR alone is white space to editors, and to the rest of this module.
        let entries = parse("a: 'x\r\ry'\nb: 1\n").unwrap().unwrap();
        assert_eq!(entries[1].line, 2);
        for (source, line) in [
            ("a: 1\nb: [\n", 2),
            ("a: b: c\n", 1),
            ("a: 1\na: 2\n", 2),
            ("a: *x", 1),
            ("a: 'x\r\r\ry'\nb: [\n", 2),
        ] {
            let (found, error) = parse(source).unwrap_err();
            assert_eq!(found, line, "{source:?}: {error}");
        }
    }

    #[test]
    fn hostile_input_ends_in_an_error_quickly() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for i in 1..10 {
            let last = format!("*a{},", i - 1).repeat(9);
            bomb += &format!("a{i}: &a{i} [{last}]\n");
        }
        let deep = format!("a: {}", "[".repeat(20_000));
        let deeper = (0..1000)
            .map(|i| format!("{}a:\n", " ".repeat(i)))
            .collect::<String>();
        let dashes = format!("a:\n  {}", "- ".repeat(10_000));
        let merge = "a: &a {<<: *a}\n".to_owned();
        let wide = "- ".repeat(3) + &"? ".repeat(20_000);
        let started = std::time::Instant::now();
        for source in [bomb, deep, deeper, dashes, merge, wide] {
            assert!(
                parse(&source).is_err(),
                "{}",
                &source[..40.min(source.len())]
            );
        }
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    }
}
