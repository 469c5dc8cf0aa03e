//! Timestamps as in the store: milliseconds since the Unix epoch, UTC.

use std::fmt;

use serde::{Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z. Displayed as RFC 3339 in UTC, with three digits of
/// milliseconds unless they are zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimestampMs(pub i64);

/// One hour in milliseconds.
pub const HOUR: i64 = 3_600_000;
/// One UTC day in milliseconds.
pub const DAY: i64 = 24 * HOUR;

/// The times that calendars have, of the years -9999 to 9999: first and last.
pub fn calendar() -> (i64, i64) {
    let (first, last) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
    (first.as_millisecond(), last.as_millisecond())
}

/// The largest multiple of `length` up to `at`.
pub(super) fn floor(at: i64, length: i64) -> i64 {
    // Out of range only within one length of the least time there is.
    at.div_euclid(length).saturating_mul(length)
}

impl TimestampMs {
    /// The start of the UTC hour this instant lies in.
    pub fn hour(self) -> TimestampMs {
        TimestampMs(floor(self.0, HOUR))
    }

    /// The start of the UTC day this instant lies in.
    pub fn day(self) -> TimestampMs {
        TimestampMs(floor(self.0, DAY))
    }

    /// Whole seconds since the epoch, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant as a calendar type; instants beyond its range (the year 9999) are clamped.
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl From<jiff::Timestamp> for TimestampMs {
    fn from(timestamp: jiff::Timestamp) -> TimestampMs {
        TimestampMs(timestamp.as_millisecond())
    }
}

impl fmt::Display for TimestampMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.0 % 1000 == 0 { 0 } else { 3 };
        write!(f, "{:.digits$}", self.timestamp())
    }
}

impl Serialize for TimestampMs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_days_round_towards_the_past_on_both_sides_of_the_epoch() {
        assert_eq!(TimestampMs(HOUR + 5).hour(), TimestampMs(HOUR));
        assert_eq!(TimestampMs(-1).hour(), TimestampMs(-HOUR));
        assert_eq!(TimestampMs(-1).day(), TimestampMs(-DAY));
        assert_eq!(TimestampMs(i64::MIN).hour(), TimestampMs(i64::MIN));
    }

    #[test]
    fn shows_rfc_3339_in_utc() {
        assert_eq!(TimestampMs(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(TimestampMs(1_500).to_string(), "1970-01-01T00:00:01.500Z");
        assert!(TimestampMs(i64::MAX).to_string().starts_with("9999-"));
    }
}
