//! What was viewed when: `period`, `by` and `tz` of a request for numbers, and what they add to the answer.
//!
//! A period ends now and began at the start of a UTC hour, because that is what is kept: `views` are those since then.
//! A series holds every hour or day of which a part lies in the period, each whole, the empty ones too; so the first
//! day of `period=7d&by=day` begins before the period, and the series adds up to at least `views`. Corrections belong
//! to no hour: they are in the views of all time and in no series.

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::endpoint::errors;
use crate::endpoint::parameters;
use crate::http::{Problem, query};
use crate::model::time::{DAY, HOUR};
use crate::model::{Bucket, By, Period, PostId, TimestampMs, series};
use crate::store::Store;

/// Hours or days in one answer, at most, over all its series: about 1 MB. Enough for two years by hours.
const MOST_BUCKETS: i64 = 20_000;

/// What one request asks of history.
pub struct SeriesQuery {
    period: Option<Period>,
    by: Option<By>,
    zone: TimeZone,
    /// The end of every period, and what the answer is as of.
    pub(super) now: TimestampMs,
    /// Buckets the answer may still hold.
    left: i64,
}

/// What it adds to the answer.
#[derive(Default, Serialize)]
pub(super) struct Series {
    /// Views of the period, to stand in for those of all time.
    #[serde(skip)]
    pub(super) views: Option<i64>,
    /// When the period began.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<TimestampMs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<Vec<Bucket>>,
}

impl SeriesQuery {
    /// Reads the query of a request.
    ///
    /// # Errors
    /// A problem that names the parameter.
    pub fn parse(text: &str, now: TimestampMs) -> Result<SeriesQuery, Problem> {
        let by = match query::get(text, "by").as_deref() {
            None => None,
            Some("hour") => Some(By::Hour),
            Some("day") => Some(By::Day),
            Some(_) => return Err(errors::bad_parameter("by", "hour or day")),
        };
        let zone = match query::get(text, "tz") {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(&name).map_err(|_| {
                errors::bad_parameter(
                    "tz",
                    "the name of an IANA time zone, such as UTC or Asia/Seoul",
                )
            })?,
        };
        Ok(SeriesQuery {
            period: parameters::period(text)?,
            by,
            zone,
            now,
            left: MOST_BUCKETS,
        })
    }

    /// Asks for a series wherever there is a period: by hours for `24h`, otherwise by days. For one post and for the
    /// site; many posts have series only if `by` says so.
    pub(super) fn with_series(&mut self) -> &mut SeriesQuery {
        if let (None, Some(period)) = (self.by, self.period) {
            self.by = Some(match period {
                Period::Day => By::Hour,
                Period::Week | Period::Month | Period::Year | Period::All => By::Day,
            });
        }
        self
    }

    /// The history of a post, or of the site.
    ///
    /// # Errors
    /// 422 when the answer would be too long; the store's.
    pub(super) fn series(&mut self, store: &dyn Store, post: PostId) -> Result<Series, Problem> {
        let since = self.period_start();
        let Some(by) = self.by else {
            return Ok(Series {
                views: since
                    .map(|since| store.views_since(post, since))
                    .transpose()?,
                since,
                series: None,
            });
        };
        // Two checks: a known period before anything is read, all time once the first view is known.
        let from = match since {
            Some(since) => {
                self.take(since, by)?;
                self.first_covered(since, by)?
            }
            None => None,
        };
        let hours = store.hours(post, from)?;
        let (start, since) = match since {
            Some(since) => (since, Some(since)),
            None => {
                let first = hours
                    .first()
                    .map_or(self.now, |&(hour, _)| TimestampMs(hour));
                let first = first.min(self.now);
                // No answer fails for good because of one hour long ago: what one answer cannot hold is left out, and said.
                let oldest = TimestampMs(self.now.0.saturating_sub((MOST_BUCKETS - 2) * DAY));
                let is_cut = matches!(by, By::Day) && first < oldest;
                let start = if is_cut { oldest } else { first };
                self.take(start, by)?;
                (start, is_cut.then_some(start))
            }
        };
        let buckets = series::series(&hours, start.timestamp(), self.end(), by, &self.zone)
            .map_err(|_| out_of_calendar())?;
        let in_period = |since: TimestampMs| {
            let hours = hours.iter().filter(|(hour, _)| *hour >= since.0);
            hours.fold(0, |sum: i64, (_, views)| sum.saturating_add(*views))
        };
        Ok(Series {
            views: self.period_start().map(in_period),
            since,
            series: Some(buckets),
        })
    }

    /// When the period began, if it is not all time.
    fn period_start(&self) -> Option<TimestampMs> {
        self.period.and_then(|period| period.since(self.now))
    }

    /// Just after now: the hour that has only begun is in it.
    fn end(&self) -> jiff::Timestamp {
        TimestampMs(self.now.0.saturating_add(1)).timestamp()
    }

    /// Where the first bucket begins.
    fn first_covered(&self, since: TimestampMs, by: By) -> Result<Option<TimestampMs>, Problem> {
        series::covered(since.timestamp(), self.end(), by, &self.zone)
            .map(|covered| Some(TimestampMs(covered.start)))
            .map_err(|_| out_of_calendar())
    }

    /// Takes the buckets from `start` until now off what the answer may hold.
    fn take(&mut self, start: TimestampMs, by: By) -> Result<(), Problem> {
        let (length, name) = match by {
            By::Hour => (HOUR, "hours"),
            By::Day => (DAY, "days"),
            By::Month => (28 * DAY, "months"),
        };
        // Rounded up, and one more for the part of a bucket at the other end.
        let buckets = self.now.0.saturating_sub(start.0) / length + 2;
        self.left = self.left.saturating_sub(buckets);
        if self.left < 0 {
            return Err(errors::too_long_a_series(MOST_BUCKETS, name));
        }
        Ok(())
    }
}

fn out_of_calendar() -> Problem {
    errors::bad_parameter("period", "a time between the years -9999 and 9999")
}
