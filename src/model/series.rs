//! Sums hourly counts into the hours or days of a time zone, including empty ones.
//!
//! Counts are stored by UTC hour, and every zone's days are sums of these. Where an offset is not a whole number of hours
//! (India, Lord Howe Island), an hour that includes local midnight counts for the day in which it starts, and hours are
//! UTC hours, so they begin at half past.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::bucket::Bucket;
use super::time::HOUR;

/// The length of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// UTC hours.
    Hour,
    /// The days of the zone: 23 or 25 hours long when its clocks change.
    Day,
    /// The months of the zone.
    Month,
}

/// The buckets that overlap the period from `from` up to but not including `to`, whole and in order. Hours outside of
/// them are ignored; `hours` may be in any order.
///
/// There is one bucket for each hour or day; the caller bounds the period.
///
/// # Errors
///
/// For a period outside of jiff's calendar, the years -9999 to 9999.
pub fn series(
    hours: &[(i64, i64)],
    from: Timestamp,
    to: Timestamp,
    by: By,
    zone: &TimeZone,
) -> Result<Vec<Bucket>, jiff::Error> {
    let (starts, end) = starts(from, to, by, zone)?;
    let mut buckets: Vec<Bucket> = starts
        .into_iter()
        .map(|start| Bucket::new(start, zone))
        .collect();
    for &(hour, views) in hours
        .iter()
        .filter(|(hour, _)| *hour < end.as_millisecond())
    {
        let following = buckets.partition_point(|bucket| bucket.start.as_millisecond() <= hour);
        if let Some(bucket) = following.checked_sub(1).and_then(|at| buckets.get_mut(at)) {
            bucket.views = bucket.views.saturating_add(views);
        }
    }
    Ok(buckets)
}

/// The period that the buckets of `from` to `to` cover together, in UTC milliseconds: the hours that [`series`] needs.
///
/// # Errors
///
/// As [`series`].
pub fn covered(
    from: Timestamp,
    to: Timestamp,
    by: By,
    zone: &TimeZone,
) -> Result<std::ops::Range<i64>, jiff::Error> {
    let (starts, end) = starts(from, to, by, zone)?;
    let end = end.as_millisecond();
    Ok(starts.first().map_or(end, |start| start.as_millisecond())..end)
}

/// Where each bucket starts, and where the last one ends.
fn starts(
    from: Timestamp,
    to: Timestamp,
    by: By,
    zone: &TimeZone,
) -> Result<(Vec<Timestamp>, Timestamp), jiff::Error> {
    let mut starts = Vec::new();
    if from >= to {
        return Ok((starts, from));
    }
    match by {
        By::Hour => {
            let mut hour = from.as_millisecond().div_euclid(HOUR) * HOUR;
            while hour < to.as_millisecond() || starts.is_empty() {
                starts.push(Timestamp::from_millisecond(hour)?);
                hour += HOUR;
            }
            Ok((starts, Timestamp::from_millisecond(hour)?))
        }
        By::Day => {
            let mut date = from.to_zoned(zone.clone()).date();
            let mut start = first_instant(date, zone)?;
            while start < to {
                // A zone that moved across the date line skipped a day: that day's start is the next day's.
                if starts.last() != Some(&start) {
                    starts.push(start);
                }
                date = date.checked_add(1.day())?;
                start = first_instant(date, zone)?;
            }
            Ok((starts, start))
        }
        By::Month => {
            let mut date = from.to_zoned(zone.clone()).date().first_of_month();
            let mut start = first_instant(date, zone)?;
            while start < to {
                starts.push(start);
                date = date.checked_add(1.month())?;
                start = first_instant(date, zone)?;
            }
            Ok((starts, start))
        }
    }
}

/// Midnight; where clocks skip it, the first instant after; where it occurs twice, the first.
fn first_instant(date: Date, zone: &TimeZone) -> Result<Timestamp, jiff::Error> {
    Ok(date.to_zoned(zone.clone())?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn ms(time: &str) -> i64 {
        time.parse::<Timestamp>().unwrap().as_millisecond()
    }

    /// One view in each UTC hour, so that a bucket's views are its length in hours.
    fn each_hour(from: &str, to: &str) -> Vec<(i64, i64)> {
        (ms(from)..ms(to))
            .step_by(HOUR as usize)
            .map(|hour| (hour, 1))
            .collect()
    }

    fn check(
        hours: &[(i64, i64)],
        period: [&str; 2],
        by: By,
        name: &str,
        expected: &[(&str, i64)],
    ) {
        let [from, to] = period.map(|time| time.parse().unwrap());
        let buckets = series(hours, from, to, by, &zone(name)).unwrap();
        let found: Vec<_> = buckets
            .iter()
            .map(|bucket| {
                let local = bucket.local.clone();
                (local.unwrap_or(bucket.start.to_string()), bucket.views)
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(start, views)| ((*start).to_owned(), *views))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn berlin_has_days_of_23_and_25_hours() {
        let hours = each_hour("2025-03-20T00:00:00Z", "2025-11-10T00:00:00Z");
        check(
            &hours,
            ["2025-03-29T12:00:00Z", "2025-03-31T12:00:00Z"],
            By::Day,
            "Europe/Berlin",
            &[
                ("2025-03-29T00:00:00+01:00", 24),
                ("2025-03-30T00:00:00+01:00", 23),
                ("2025-03-31T00:00:00+02:00", 24),
            ],
        );
        check(
            &hours,
            ["2025-10-25T12:00:00Z", "2025-10-27T12:00:00Z"],
            By::Day,
            "Europe/Berlin",
            &[
                ("2025-10-25T00:00:00+02:00", 24),
                ("2025-10-26T00:00:00+02:00", 25),
                ("2025-10-27T00:00:00+01:00", 24),
            ],
        );
    }

    #[test]
    fn new_york_has_days_of_23_and_25_hours() {
        let hours = each_hour("2025-03-01T00:00:00Z", "2025-11-10T00:00:00Z");
        check(
            &hours,
            ["2025-03-08T12:00:00Z", "2025-03-10T12:00:00Z"],
            By::Day,
            "America/New_York",
            &[
                ("2025-03-08T00:00:00-05:00", 24),
                ("2025-03-09T00:00:00-05:00", 23),
                ("2025-03-10T00:00:00-04:00", 24),
            ],
        );
        check(
            &hours,
            ["2025-11-01T12:00:00Z", "2025-11-03T12:00:00Z"],
            By::Day,
            "America/New_York",
            &[
                ("2025-11-01T00:00:00-04:00", 24),
                ("2025-11-02T00:00:00-04:00", 25),
                ("2025-11-03T00:00:00-05:00", 24),
            ],
        );
    }

    #[test]
    fn hours_skip_and_repeat_with_the_clock() {
        let hours = each_hour("2025-03-29T00:00:00Z", "2025-10-30T00:00:00Z");
        check(
            &hours,
            ["2025-03-30T00:00:00Z", "2025-03-30T02:00:00Z"],
            By::Hour,
            "Europe/Berlin",
            &[
                ("2025-03-30T01:00:00+01:00", 1),
                ("2025-03-30T03:00:00+02:00", 1),
            ],
        );
        check(
            &hours,
            ["2025-10-26T00:30:00Z", "2025-10-26T01:00:01Z"],
            By::Hour,
            "Europe/Berlin",
            &[
                ("2025-10-26T02:00:00+02:00", 1),
                ("2025-10-26T02:00:00+01:00", 1),
            ],
        );
    }

    #[test]
    fn an_hour_across_midnight_counts_to_the_day_it_starts_in() {
        // Midnight of 2 March in India is 18:30 UTC: the hour of 18:00 starts at 23:30 on the 1st.
        let hours = [
            (ms("2025-02-28T18:00:00Z"), 100),
            (ms("2025-02-28T19:00:00Z"), 1),
            (ms("2025-03-01T18:00:00Z"), 20),
            (ms("2025-03-01T19:00:00Z"), 300),
        ];
        check(
            &hours,
            ["2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z"],
            By::Day,
            "Asia/Kolkata",
            &[
                ("2025-03-01T00:00:00+05:30", 21),
                ("2025-03-02T00:00:00+05:30", 300),
            ],
        );
        check(
            &hours,
            ["2025-03-01T18:00:00Z", "2025-03-01T20:00:00Z"],
            By::Hour,
            "Asia/Kolkata",
            &[
                ("2025-03-01T23:30:00+05:30", 20),
                ("2025-03-02T00:30:00+05:30", 300),
            ],
        );
    }

    #[test]
    fn seoul_is_nine_hours_ahead_and_empty_days_are_there() {
        let hours = [
            (ms("2025-05-01T14:00:00Z"), 3),
            (ms("2025-05-03T15:00:00Z"), 5),
        ];
        check(
            &hours,
            ["2025-04-30T15:00:00Z", "2025-05-04T15:00:00Z"],
            By::Day,
            "Asia/Seoul",
            &[
                ("2025-05-01T00:00:00+09:00", 3),
                ("2025-05-02T00:00:00+09:00", 0),
                ("2025-05-03T00:00:00+09:00", 0),
                ("2025-05-04T00:00:00+09:00", 5),
            ],
        );
    }

    #[test]
    fn lord_howe_changes_by_half_an_hour() {
        // On 6 April 2025 clocks went from +11:00 back to +10:30: 24.5 hours, from 13:00 UTC to 13:30 UTC. The hour
        // of 13:00 on the 6th starts at 23:30 and is the 25th to count. On 5 October they went forward again: 23.5
        // hours from 13:30 UTC, and of these 14:00 to 12:00 start within.
        let hours = each_hour("2025-04-01T00:00:00Z", "2025-10-10T00:00:00Z");
        check(
            &hours,
            ["2025-04-05T13:00:00Z", "2025-04-07T13:30:00Z"],
            By::Day,
            "Australia/Lord_Howe",
            &[
                ("2025-04-06T00:00:00+11:00", 25),
                ("2025-04-07T00:00:00+10:30", 24),
            ],
        );
        check(
            &hours,
            ["2025-10-04T13:30:00Z", "2025-10-06T13:00:00Z"],
            By::Day,
            "Australia/Lord_Howe",
            &[
                ("2025-10-05T00:00:00+10:30", 23),
                ("2025-10-06T00:00:00+11:00", 24),
            ],
        );
    }

    #[test]
    fn a_day_may_begin_after_midnight_or_be_left_out() {
        // Cairo put its clocks forward at midnight on 25 April 2025; Samoa had no 30 December 2011.
        check(
            &[],
            ["2025-04-25T12:00:00Z", "2025-04-25T13:00:00Z"],
            By::Day,
            "Africa/Cairo",
            &[("2025-04-25T01:00:00+03:00", 0)],
        );
        let hours = each_hour("2011-12-29T10:00:00Z", "2012-01-01T10:00:00Z");
        check(
            &hours,
            ["2011-12-29T12:00:00Z", "2011-12-31T09:00:00Z"],
            By::Day,
            "Pacific/Apia",
            &[
                ("2011-12-29T00:00:00-10:00", 24),
                ("2011-12-31T00:00:00+14:00", 24),
            ],
        );
    }

    #[test]
    fn months_are_those_of_the_zone() {
        check(
            &each_hour("2025-01-31T00:00:00Z", "2025-04-01T00:00:00Z"),
            ["2025-02-14T12:00:00Z", "2025-03-02T00:00:00Z"],
            By::Month,
            "Europe/Berlin",
            &[
                ("2025-02-01T00:00:00+01:00", 28 * 24),
                // Summer time began on the 30th.
                ("2025-03-01T00:00:00+01:00", 31 * 24 - 1),
            ],
        );
    }

    #[test]
    fn an_empty_period_has_no_buckets() {
        check(
            &[(0, 1)],
            ["2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z"],
            By::Day,
            "UTC",
            &[],
        );
    }

    #[test]
    fn the_covered_period_is_that_of_the_whole_buckets() {
        let (from, to) = (
            "2025-03-30T12:00:00Z".parse().unwrap(),
            "2025-03-30T12:00:01Z".parse().unwrap(),
        );
        let day = covered(from, to, By::Day, &zone("Europe/Berlin")).unwrap();
        assert_eq!(day, ms("2025-03-29T23:00:00Z")..ms("2025-03-30T22:00:00Z"));
        let hour = covered(from, to, By::Hour, &zone("Europe/Berlin")).unwrap();
        assert_eq!(hour, ms("2025-03-30T12:00:00Z")..ms("2025-03-30T13:00:00Z"));
    }
}
