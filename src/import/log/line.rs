//! Parses a line of an access log in whichever format it is.
//!
//! The format is told by the line, not by the log: servers are reconfigured, and logs of several are joined. Only the
//! W3C format needs to know more, the names of its columns, which a line before gives.

use std::io::{self, Write};

use memchr::memchr;

use super::entry::LogEntry;
use super::parse_error::ParseError;
use super::w3c::W3c;
use super::{combined, json};

/// Bytes of a line that may be a directive; a longer one is none.
const DIRECTIVE_MAX: usize = 16 << 10;

/// Parses the lines of one log, in order.
#[derive(Clone, Debug, Default)]
pub struct LineParser {
    w3c: W3c,
    /// The beginning of a line that was skipped in parts, while it may be a directive.
    skipped: Vec<u8>,
    /// Whether the line being skipped is none.
    skipped_other: bool,
}

impl LineParser {
    /// Parses a line, with or without its line end; `None` for one that says nothing of a request: a directive, or blank.
    ///
    /// # Errors
    /// Why it is in no known format.
    pub fn parse<'l>(&mut self, line: &'l [u8]) -> Result<Option<LogEntry<'l>>, ParseError> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line.first() {
            Some(b'{') => return json::parse(line).map(Some),
            Some(b'#') if self.w3c.directive(line) => return Ok(None),
            None => return Ok(None),
            Some(byte) if byte.is_ascii_whitespace() && line.trim_ascii().is_empty() => {
                return Ok(None);
            }
            _ => {}
        }
        if !self.w3c.is_begun() {
            return combined::parse(line).map(Some);
        }
        self.w3c
            .parse(line)
            .or_else(|error| combined::parse(line).map_err(|_| error))
            .map(Some)
    }
}

/// Takes the part of a log that is not parsed, for the directives in it: those of its lines that follow need them.
impl Write for LineParser {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = memchr(b'\n', rest);
            let (piece, after) = rest.split_at(end.map_or(rest.len(), |at| at + 1));
            rest = after;
            let begins = self.skipped.is_empty() && !self.skipped_other;
            self.skipped_other |=
                begins && piece[0] != b'#' || self.skipped.len() + piece.len() > DIRECTIVE_MAX;
            if !self.skipped_other {
                self.skipped.extend_from_slice(piece);
            }
            if end.is_some() {
                self.w3c.directive(self.skipped.trim_ascii_end());
                self.skipped.clear();
                self.skipped_other = false;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMBINED: &str =
        r#"192.0.2.1 - - [01/May/2024:12:00:00 +0000] "GET /a HTTP/1.1" 200 12 "-" "x""#;
    const JSON: &str =
        r#"{"client_ip":"192.0.2.2","ts":1714564800,"method":"GET","uri":"/b","status":200}"#;
    const FIELDS: &str = "#Fields: date time c-ip cs-method cs-uri-stem sc-status";
    const W3C: &str = "2024-05-01 12:00:00 192.0.2.3 GET /c 200";

    fn clients(parser: &mut LineParser, lines: &[&str]) -> Vec<Option<String>> {
        let client = |line: &&str| {
            let entry = parser.parse(line.as_bytes()).expect("a line");
            entry.map(|entry| entry.client.into_owned())
        };
        lines.iter().map(client).collect()
    }

    #[test]
    fn a_log_may_change_its_format() {
        let vhost = format!("example.org:443 {COMBINED}\r\n");
        let lines = [COMBINED, JSON, FIELDS, W3C, &vhost, JSON, "", " \t\n", W3C];
        let found = clients(&mut LineParser::default(), &lines);
        let of = |last: &str| Some(format!("192.0.2.{last}"));
        let expected = [
            of("1"),
            of("2"),
            None,
            of("3"),
            of("1"),
            of("2"),
            None,
            None,
            of("3"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_line_in_no_format_is_refused_by_the_one_it_is_nearest_to() {
        let mut parser = LineParser::default();
        assert_eq!(parser.parse(b"# A heading"), Err(ParseError::Time));
        assert_eq!(parser.parse(b"{ not JSON"), Err(ParseError::Json));
        assert_eq!(parser.parse(W3C.as_bytes()), Err(ParseError::Time));
        assert_eq!(parser.parse(FIELDS.as_bytes()), Ok(None));
        assert_eq!(parser.parse(b"nonsense"), Err(ParseError::W3cValues));
    }

    #[test]
    fn directives_of_a_part_that_is_skipped_hold() {
        let text = format!(
            "{COMBINED}\n{FIELDS}\n{W3C}\n#Remark: {}\n",
            "x".repeat(20_000)
        );
        for size in [1, 7, 100, text.len()] {
            let mut parser = LineParser::default();
            for piece in text.as_bytes().chunks(size) {
                parser.write_all(piece).unwrap();
            }
            assert_eq!(
                clients(&mut parser, &[W3C]),
                [Some("192.0.2.3".to_owned())],
                "{size}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(lines: Vec<Vec<u8>>) {
            let mut parser = LineParser::default();
            let _ = parser.parse(FIELDS.as_bytes());
            for line in lines {
                let _ = parser.write(&line);
                if let Ok(Some(entry)) = parser.parse(&line) {
                    entry.target.text();
                    entry.agent.as_ref().map(super::super::entry::Field::text);
                }
            }
        }
    }
}
