//! A range of whole UTC hours, by which views are kept.

use std::ops::Range;

use serde::Serialize;

use super::time::{HOUR, TimestampMs};

/// Whole hours of UTC: from the start of the first, up to the start of the one after the last. Never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct HourRange {
    from: TimestampMs,
    to: TimestampMs,
}

impl HourRange {
    /// The hours between two starts of hours; `None` where one of the times is no such start, or there is no hour between.
    pub fn new(from: TimestampMs, to: TimestampMs) -> Option<HourRange> {
        let is_whole = from == from.hour() && to == to.hour();
        (is_whole && from < to).then_some(HourRange { from, to })
    }

    /// The hours of which a part lies in a time; `None` for a time that ends before it begins, or at once.
    pub fn covering(from: TimestampMs, to: TimestampMs) -> Option<HourRange> {
        if from >= to {
            return None;
        }
        let end = to.hour();
        let end = match end == to {
            true => end,
            false => TimestampMs(end.0.saturating_add(HOUR)),
        };
        HourRange::new(from.hour(), end)
    }

    /// The start of the first hour.
    pub fn from(self) -> TimestampMs {
        self.from
    }

    /// The end of the last hour.
    pub fn to(self) -> TimestampMs {
        self.to
    }

    /// Its instants.
    pub fn times(self) -> Range<TimestampMs> {
        self.from..self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: i64, to: i64) -> Option<HourRange> {
        HourRange::new(TimestampMs(from), TimestampMs(to))
    }

    #[test]
    fn only_whole_hours_make_a_range() {
        let two = range(-HOUR, HOUR).expect("two hours");
        assert_eq!((two.from().0, two.to().0), (-HOUR, HOUR));
        assert_eq!(range(0, 0), None);
        assert_eq!(range(HOUR, 0), None);
        assert_eq!(range(1, HOUR), None);
        assert_eq!(range(0, HOUR + 1), None);
    }

    #[test]
    fn a_time_is_covered_by_the_hours_it_touches() {
        let covering = |from, to| HourRange::covering(TimestampMs(from), TimestampMs(to));
        assert_eq!(covering(5, 6), range(0, HOUR));
        assert_eq!(covering(0, HOUR), range(0, HOUR));
        assert_eq!(covering(-1, HOUR + 1), range(-HOUR, 2 * HOUR));
        assert_eq!(covering(6, 6), None);
        assert_eq!(covering(7, 6), None);
    }
}
