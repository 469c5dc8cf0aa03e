//! The time that numbers are shown for: a period that ends now, or days of a zone.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::endpoint::{errors, parameters};
use crate::http::{Problem, query};
use crate::model::time::DAY;
use crate::model::{By, Period, TimestampMs};

/// The longest time shown by hours, and by days. Longer ones are shown by days and months, so that a chart is a chart
/// and its table a table.
const MAX_BY_HOUR: i64 = 15 * DAY;
const MAX_BY_DAY: i64 = 400 * DAY;

/// The longest time shown, by months.
const MAX: i64 = 100 * 366 * DAY;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct TimeQuery {
    span: Span,
    by: Option<By>,
    /// Whose days and months.
    pub zone: TimeZone,
    /// The zone's name, where the address names one.
    zone_name: Option<String>,
    now: TimestampMs,
}

#[derive(Clone, Copy, Debug)]
enum Span {
    Period(Period),
    /// The first day and the last.
    Days(Date, Date),
}

/// A time with its steps.
#[derive(Clone, Debug)]
pub struct TimeRange {
    /// Its first instant.
    pub start: TimestampMs,
    /// Just after its last instant.
    pub end: TimestampMs,
    /// Its steps.
    pub by: By,
}

impl TimeQuery {
    /// Reads `period`, or `from` and `to`, `by` and `tz` of an address.
    ///
    /// # Errors
    /// A problem that names the parameter.
    pub fn parse(text: &str, zone: &TimeZone, now: TimestampMs) -> Result<TimeQuery, Problem> {
        let zone_name = query::get(text, "tz")
            .filter(|name| !name.is_empty())
            .map(String::from);
        let zone = match &zone_name {
            None => zone.clone(),
            Some(name) => TimeZone::get(name).map_err(|_| {
                errors::bad_parameter("tz", "the name of a time zone, such as UTC or Asia/Seoul")
            })?,
        };
        let by = match query::get(text, "by").as_deref() {
            None | Some("") => None,
            Some("hour") => Some(By::Hour),
            Some("day") => Some(By::Day),
            Some("month") => Some(By::Month),
            Some(_) => return Err(errors::bad_parameter("by", "hour, day or month")),
        };
        let days = (date(text, "from")?, date(text, "to")?);
        let today = now.timestamp().to_zoned(zone.clone()).date();
        let span = match days {
            (None, None) => Span::Period(parameters::period(text)?.unwrap_or(Period::Month)),
            (Some(from), to) => Span::Days(from, to.unwrap_or(today)),
            (None, Some(_)) => {
                return Err(errors::bad_parameter("from", "a day, where to is given"));
            }
        };
        if let Span::Days(from, to) = span
            && from > to
        {
            return Err(errors::bad_parameter("to", "a day that is not before from"));
        }
        Ok(TimeQuery {
            span,
            by,
            zone,
            zone_name,
            now,
        })
    }

    /// The period that is asked for; `None` for days.
    pub fn period(&self) -> Option<Period> {
        match self.span {
            Span::Period(period) => Some(period),
            Span::Days(..) => None,
        }
    }

    /// The first and the last day that are asked for, for a form; empty for a period.
    pub fn day_texts(&self) -> (String, String) {
        match self.span {
            Span::Period(_) => Default::default(),
            Span::Days(from, to) => (from.to_string(), to.to_string()),
        }
    }

    /// The zone's name, for a form.
    pub fn shown_zone(&self) -> &str {
        let known = self.zone_name.as_deref().or(self.zone.iana_name());
        known.unwrap_or("UTC")
    }

    /// The steps that are asked for.
    pub fn by(&self) -> Option<By> {
        self.by
    }

    /// The time, where all time begins with an hour `first`.
    ///
    /// # Errors
    /// Days outside of the calendar, or more than a hundred years.
    pub fn range(&self, first: Option<TimestampMs>) -> Result<TimeRange, Problem> {
        let now = TimestampMs(self.now.0.saturating_add(1));
        let (start, end) = match self.span {
            Span::Period(period) => match period.since(self.now) {
                Some(since) => (since, now),
                None => {
                    let oldest = TimestampMs(self.now.0.saturating_sub(MAX));
                    let start = first.unwrap_or(self.now).min(self.now).max(oldest);
                    // Views of the future, from a clock that was wrong, are views of all time.
                    (start, now)
                }
            },
            Span::Days(from, to) => (self.instant(from)?, self.instant(next(to)?)?),
        };
        let length = end.0.saturating_sub(start.0);
        if length > MAX {
            return Err(errors::bad_parameter(
                "from",
                "a day in the last hundred years",
            ));
        }
        let finest = match length {
            0..=MAX_BY_HOUR => By::Hour,
            ..=MAX_BY_DAY => By::Day,
            _ => By::Month,
        };
        let usual = match self.span {
            Span::Period(Period::Day | Period::Week) => By::Hour,
            Span::Days(from, to) if from == to => By::Hour,
            _ => By::Day,
        };
        let asked = self.by.unwrap_or(usual);
        Ok(TimeRange {
            start,
            end,
            by: coarser(asked, finest),
        })
    }

    fn instant(&self, date: Date) -> Result<TimestampMs, Problem> {
        let zoned = date.to_zoned(self.zone.clone());
        zoned
            .map(|zoned| zoned.timestamp().into())
            .map_err(|_| errors::bad_parameter("from", "a day of this calendar"))
    }
}

impl TimeRange {
    /// The time of the same length before it.
    pub fn before(&self) -> std::ops::Range<TimestampMs> {
        let length = self.end.0.saturating_sub(self.start.0);
        TimestampMs(self.start.0.saturating_sub(length)).hour()..self.start
    }
}

fn coarser(one: By, other: By) -> By {
    let rank = |by| match by {
        By::Hour => 0,
        By::Day => 1,
        By::Month => 2,
    };
    if rank(one) >= rank(other) { one } else { other }
}

fn next(date: Date) -> Result<Date, Problem> {
    date.checked_add(1.day())
        .map_err(|_| errors::bad_parameter("to", "a day of this calendar"))
}

fn date(text: &str, name: &'static str) -> Result<Option<Date>, Problem> {
    query::get(text, name)
        .filter(|value| !value.is_empty())
        .map(|value| {
            value
                .parse()
                .map_err(|_| errors::bad_parameter(name, "a day such as 2026-01-31"))
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: TimestampMs = TimestampMs(1_772_668_800_000 + 1_234);

    fn range(text: &str) -> Result<TimeRange, Problem> {
        let seoul = TimeZone::get("Asia/Seoul").unwrap();
        TimeQuery::parse(text, &seoul, NOW)?.range(Some(TimestampMs(0)))
    }

    #[test]
    fn periods_are_those_of_the_api_and_days_those_of_the_zone() {
        let week = range("period=7d").unwrap();
        assert_eq!(Some(week.start), Period::Week.since(NOW));
        assert_eq!((week.end, week.by), (TimestampMs(NOW.0 + 1), By::Hour));
        assert_eq!(range("").unwrap().by, By::Day);
        let days = range("from=2026-03-01&to=2026-03-02").unwrap();
        assert_eq!(days.start.to_string(), "2026-02-28T15:00:00Z");
        assert_eq!(days.end.to_string(), "2026-03-02T15:00:00Z");
        assert_eq!(days.before().start.to_string(), "2026-02-26T15:00:00Z");
        let utc = range("from=2026-03-01&to=2026-03-01&tz=UTC").unwrap();
        assert_eq!(utc.start.to_string(), "2026-03-01T00:00:00Z");
        assert_eq!(utc.by, By::Hour);
    }

    #[test]
    fn long_times_have_long_steps() {
        assert_eq!(range("period=30d&by=hour").unwrap().by, By::Day);
        assert_eq!(range("period=24h&by=day").unwrap().by, By::Day);
        assert_eq!(range("period=1y").unwrap().by, By::Day);
        assert_eq!(range("period=all").unwrap().by, By::Month);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "from=x",
            "to=2026-01-01",
            "from=2026-02-02&to=2026-02-01",
            "from=1800-01-01",
            "from=9999-12-31&to=9999-12-31",
            "from=-9999-01-01",
            "tz=Mars/Base",
            "by=week",
            "period=2d",
        ] {
            assert!(range(text).is_err(), "{text}");
        }
    }
}
