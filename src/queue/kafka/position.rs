//! Where a message is in its partition, as the store keeps it: `OFFSET@MILLISECONDS`, or `OFFSET`.
//!
//! The time of the message is there to tell a topic that was deleted and made again, or a log that was cut: at the same
//! offset is another message then, and what lies before it was not read.

use std::fmt;
use std::str::FromStr;

/// The message that was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its offset, not that of the next.
    pub offset: i64,
    /// Its time in milliseconds, if Kafka told one.
    pub time: Option<i64>,
}

impl FromStr for Position {
    type Err = String;

    fn from_str(text: &str) -> Result<Position, String> {
        let parsed = match text.split_once('@') {
            None => text.parse().map(|offset| (offset, None)),
            Some((offset, time)) => offset
                .parse()
                .and_then(|offset| Ok((offset, Some(time.parse()?)))),
        };
        match parsed {
            Ok((offset, time)) if offset >= 0 => Ok(Position { offset, time }),
            _ => Err(format!("{text:?} is no position in a partition of Kafka")),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.offset)?;
        self.time.map_or(Ok(()), |time| write!(f, "@{time}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_as_they_are_written() {
        for text in ["0", "17", "17@1732834500000", "9223372036854775806@-1"] {
            let position: Position = text.parse().expect("a position");
            assert_eq!(position.to_string(), text);
        }
        for text in [
            "",
            "-1",
            "1@",
            "@1",
            "a",
            "1@b",
            "1-0",
            "99999999999999999999",
        ] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
    }
}
