//! Front matter in TOML.
//!
//! Uses the parsed document instead of serde, because it keeps numbers and dates as written, and the line of
//! each value.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    error::{ImportError, sentence},
    value::{KeyValue, Value, line_at},
};

/// Parses TOML; the error comes with its line in `source`, from 1.
pub(super) fn parse(source: &str) -> Result<Vec<KeyValue>, (usize, ImportError)> {
    let lines = Lines(source);
    match DeTable::parse(source) {
        Ok(table) => Ok(lines.entries(table.get_ref())),
        Err(error) => {
            let line = lines.of(error.span().map_or(0, |span| span.start));
            Err((
                line,
                ImportError::Syntax {
                    syntax: "TOML",
                    detail: sentence(error.message()),
                    hint: "",
                },
            ))
        }
    }
}

struct Lines<'s>(&'s str);

impl Lines<'_> {
    fn of(&self, offset: usize) -> usize {
        line_at(self.0, offset)
    }

    fn entries(&self, table: &DeTable<'_>) -> Vec<KeyValue> {
        table
            .iter()
            .map(|(key, value)| KeyValue {
                key: key.get_ref().to_string(),
                line: self.of(key.span().start),
                value: self.value(value),
            })
            .collect()
    }

    fn value(&self, value: &Spanned<DeValue<'_>>) -> Value {
        match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(number) => Value::Scalar(number.to_string()),
            DeValue::Float(number) => Value::Scalar(number.to_string()),
            DeValue::Boolean(yes) => Value::Scalar(yes.to_string()),
            DeValue::Datetime(date) => Value::Scalar(date.to_string()),
            DeValue::Array(items) => {
                Value::List(items.iter().map(|item| self.value(item)).collect())
            }
            DeValue::Table(table) => Value::Table(self.entries(table)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(source: &str) -> Value {
        parse(source).unwrap().remove(0).value
    }

    #[test]
    fn scalars_stay_as_written() {
        for (source, written) in [
            ("a = 1.10", "1.10"),
            ("a = 2018", "2018"),
            ("a = true", "true"),
            ("a = 2016-03-01", "2016-03-01"),
            ("a = 2016-03-01T10:00:00", "2016-03-01T10:00:00"),
            (
                "a = 2016-03-01 10:00:00.5+09:00",
                "2016-03-01T10:00:00.5+09:00",
            ),
            ("a = 07:32:00", "07:32:00"),
        ] {
            assert_eq!(value(source), Value::Scalar(written.into()), "{source}");
        }
        assert_eq!(value("a = \"\"\"\nx\ny\"\"\""), Value::Text("x\ny".into()));
        assert_eq!(
            value("a = ['b', 1]"),
            Value::List(vec![Value::Text("b".into()), Value::Scalar("1".into())])
        );
    }

    #[test]
    fn entries_and_errors_have_their_line() {
        let mut entries = parse("a = 1\n[t]\nb = 2\n").unwrap();
        entries.sort_by_key(|entry| entry.line);
        assert_eq!(entries[1].line, 2);
        assert!(matches!(&entries[1].value, Value::Table(inner) if inner[0].line == 3));
        for (source, line) in [
            ("a = 1\na = 2", 2),
            ("\n\nb", 3),
            ("a = 'x", 1),
            ("a = 1\nb =\n", 2),
            ("x = [\n1\n", 2),
        ] {
            assert_eq!(parse(source).unwrap_err().0, line, "{source:?}");
        }
    }

    #[test]
    fn hostile_depth_is_refused() {
        assert!(parse(&format!("a = {}", "[".repeat(30_000))).is_err());
        assert!(parse(&format!("a = {}{}", "[".repeat(20_000), "]".repeat(20_000))).is_err());
        assert!(parse(&format!("{}x = 1", "a.".repeat(20_000))).is_err());
    }
}
