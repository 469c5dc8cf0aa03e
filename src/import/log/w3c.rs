//! The W3C extended format (w3.org/TR/WD-logfile), as IIS and CloudFront write it.
//!
//! A line `#Fields:` names the columns of those after it, until the next one. Times are UTC. IIS writes a space as `+`,
//! CloudFront as `%20`.

use std::borrow::Cow;

use super::entry::{Escapes, Field, LogEntry};
use super::parse_error::ParseError;
use super::time::w3c_time;

/// The directives of the format.
const DIRECTIVES: [&[u8]; 7] = [
    b"#Version:",
    b"#Fields:",
    b"#Software:",
    b"#Start-Date:",
    b"#End-Date:",
    b"#Date:",
    b"#Remark:",
];

/// What the directives so far say.
#[derive(Clone, Debug, Default)]
pub(super) struct W3c {
    /// Where each field stands; `None` before the first `#Fields:`.
    columns: Option<Columns>,
    /// The day of `#Date:`, as written, for logs whose lines have a time alone.
    day: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug)]
struct Columns {
    count: usize,
    date: Option<usize>,
    time: Option<usize>,
    client: Option<usize>,
    method: Option<usize>,
    target: Option<usize>,
    status: Option<usize>,
    agent: Option<usize>,
}

impl W3c {
    /// Whether lines are expected in this format.
    pub(super) fn is_begun(&self) -> bool {
        self.columns.is_some()
    }

    /// Reads a directive, and returns whether the line was one.
    pub(super) fn directive(&mut self, line: &[u8]) -> bool {
        let Some(name) = DIRECTIVES.iter().find(|name| line.starts_with(name)) else {
            return false;
        };
        let value = line[name.len()..].trim_ascii();
        match *name {
            b"#Fields:" => self.columns = Some(Columns::named(value)),
            b"#Date:" => self.day = words(value).next().map(<[u8]>::to_vec),
            _ => {}
        }
        true
    }

    /// Parses a line without its line end.
    pub(super) fn parse<'l>(&self, line: &'l [u8]) -> Result<LogEntry<'l>, ParseError> {
        let columns = self.columns.ok_or(ParseError::W3cField("column"))?;
        let mut values = [&b""[..]; 7];
        let wanted = [
            columns.date,
            columns.time,
            columns.client,
            columns.method,
            columns.target,
            columns.status,
            columns.agent,
        ];
        let mut count = 0;
        for word in words(line) {
            for (value, at) in values.iter_mut().zip(wanted) {
                if at == Some(count) {
                    *value = word;
                }
            }
            count += 1;
        }
        if count != columns.count {
            return Err(ParseError::W3cValues);
        }
        let [date, time, client, method, target, status, agent] = values;
        let missing = |name, value: &'l [u8]| match value {
            b"" => Err(ParseError::W3cField(name)),
            value => Ok(value),
        };
        let date = match columns.date {
            Some(_) => date,
            None => self.day.as_deref().unwrap_or_default(),
        };
        let time = missing("time", time)?;
        let client = std::str::from_utf8(missing("c-ip", client)?);
        let status = missing("sc-status", status)?;
        Ok(LogEntry {
            client: Cow::Borrowed(client.map_err(|_| ParseError::W3cValues)?),
            time: w3c_time(date, time).ok_or(ParseError::W3cValues)?,
            method: Cow::Borrowed(missing("cs-method", method)?),
            target: Field::new(missing("cs-uri-stem", target)?, Escapes::None),
            status: std::str::from_utf8(status)
                .ok()
                .and_then(|status| status.parse().ok())
                .ok_or(ParseError::W3cValues)?,
            agent: (!matches!(agent, b"" | b"-")).then(|| Field::new(agent, Escapes::Plus)),
        })
    }
}

impl Columns {
    fn named(names: &[u8]) -> Columns {
        let find = |name: &[u8]| words(names).position(|word| word.eq_ignore_ascii_case(name));
        Columns {
            count: words(names).count(),
            date: find(b"date"),
            time: find(b"time"),
            client: find(b"c-ip"),
            method: find(b"cs-method"),
            target: find(b"cs-uri-stem").or_else(|| find(b"cs-uri")),
            status: find(b"sc-status"),
            agent: find(b"cs(User-Agent)"),
        }
    }
}

/// The values of a line, with spaces or tabs between them.
fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| matches!(byte, b' ' | b'\t'))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[u8] = b"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken";
    const LINE: &[u8] = b"2024-05-01 12:00:00 10.0.0.4 GET /blog/caf\xc3\xa9 a=b 443 - 192.0.2.7 Mozilla/5.0+(X11;+Linux) - 200 0 0 31";

    fn with(directives: &[&[u8]]) -> W3c {
        let mut w3c = W3c::default();
        for directive in directives {
            assert!(w3c.directive(directive));
        }
        w3c
    }

    #[test]
    fn reads_the_fields_that_are_named() {
        let w3c = with(&[
            b"#Software: Microsoft Internet Information Services 10.0",
            FIELDS,
        ]);
        let entry = w3c.parse(LINE).unwrap();
        assert_eq!(
            (&*entry.client, entry.time),
            ("192.0.2.7", 1_714_564_800_000)
        );
        assert_eq!(
            (&*entry.method, &*entry.target.text()),
            (&b"GET"[..], "/blog/café")
        );
        assert_eq!(entry.status, 200);
        assert_eq!(entry.agent.unwrap().text(), "Mozilla/5.0 (X11; Linux)");
        let tabs: Vec<u8> = LINE
            .iter()
            .map(|byte| if *byte == b' ' { b'\t' } else { *byte })
            .collect();
        assert_eq!(w3c.parse(&tabs).unwrap().status, 200);
    }

    #[test]
    fn fields_may_change_and_the_day_may_stand_above() {
        let mut w3c = with(&[FIELDS]);
        assert!(w3c.directive(b"#Date: 2024-05-01 00:00:00"));
        assert!(w3c.directive(b"#Fields: time c-ip cs-method cs-uri sc-status"));
        assert_eq!(w3c.parse(LINE), Err(ParseError::W3cValues));
        let entry = w3c.parse(b"12:00:00.5 192.0.2.7 GET /a 304").unwrap();
        assert_eq!((entry.time, entry.status), (1_714_564_800_500, 304));
        assert_eq!(entry.agent, None);
    }

    #[test]
    fn says_what_is_missing() {
        let with_fields = |fields: &[u8]| with(&[fields]);
        let line = b"2024-05-01 12:00:00 192.0.2.7 GET";
        let w3c = with_fields(b"#Fields: date time c-ip cs-method");
        assert_eq!(w3c.parse(line), Err(ParseError::W3cField("sc-status")));
        let w3c = with_fields(b"#Fields: time c-ip cs-method cs-uri sc-status");
        let line = b"12:00:00 192.0.2.7 GET /a 304";
        assert_eq!(w3c.parse(line), Err(ParseError::W3cValues), "of no day");
        assert_eq!(
            W3c::default().parse(LINE),
            Err(ParseError::W3cField("column"))
        );
        assert!(!W3c::default().directive(b"# A heading"));
        let w3c = with(&[FIELDS]);
        let text = String::from_utf8(LINE.to_vec()).unwrap();
        for (from, to) in [("12:00", "25:00"), ("05-01", "02-30"), (" 200 ", " two ")] {
            let line = text.replace(from, to);
            assert_eq!(
                w3c.parse(line.as_bytes()),
                Err(ParseError::W3cValues),
                "{line}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_fields_and_values_are_read_or_refused(fields in "[a-z() -]{0,80}", line: Vec<u8>) {
            let mut w3c = W3c::default();
            w3c.directive(format!("#Fields: date time c-ip cs-method cs-uri-stem sc-status {fields}").as_bytes());
            let _ = w3c.parse(&line);
        }
    }
}
