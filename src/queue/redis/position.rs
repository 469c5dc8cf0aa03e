//! Where a message is in its stream.

use std::fmt;
use std::str::FromStr;

/// A stream's number for an entry: when the server took it, in milliseconds since 1970, and which of that millisecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StreamId {
    pub ms: u64,
    pub number: u64,
}

/// An entry's number, and which run of the server it was read from: `MS-NUMBER@RUN`.
///
/// A server that lost the end of a stream, or a replica in its place, may give numbers anew that it, or the one before,
/// has given already. What was read from another run is therefore no place to go on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub id: StreamId,
    pub run: String,
}

impl StreamId {
    /// The least number that is greater.
    pub(super) fn next(self) -> StreamId {
        match self.number.checked_add(1) {
            Some(number) => StreamId {
                ms: self.ms,
                number,
            },
            None => StreamId {
                ms: self.ms.saturating_add(1),
                number: 0,
            },
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.number)
    }
}

impl FromStr for StreamId {
    type Err = ();

    fn from_str(text: &str) -> Result<StreamId, ()> {
        let (ms, number) = text.split_once('-').ok_or(())?;
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(ms) || !is_number(number) {
            return Err(());
        }
        Ok(StreamId {
            ms: ms.parse().map_err(drop)?,
            number: number.parse().map_err(drop)?,
        })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.run)
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Position, ()> {
        let (id, run) = text.split_once('@').ok_or(())?;
        Ok(Position {
            id: id.parse()?,
            run: run.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_as_they_were_written() {
        let position = Position {
            id: "1700000000000-12".parse().expect("a number"),
            run: "4f0c".to_owned(),
        };
        assert_eq!(position.to_string(), "1700000000000-12@4f0c");
        assert_eq!(position.to_string().parse(), Ok(position));
        for wrong in [
            "", "12", "12-3", "a-1@b", "1-@b", "-1@b", "1-2-3@b", "+1-2@b",
        ] {
            assert!(wrong.parse::<Position>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_follow_each_other() {
        let id = |ms, number| StreamId { ms, number };
        assert_eq!(id(5, 6).next(), id(5, 7));
        assert_eq!(id(5, u64::MAX).next(), id(6, 0));
        assert!(id(5, 7) < id(6, 0));
    }
}
