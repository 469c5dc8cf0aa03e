//! The views of a time, compared with those of the time before, and by steps.

use jiff::Timestamp;

use super::chart::Chart;
use super::time_range::{TimeQuery, TimeRange};
use crate::endpoint::errors;
use crate::http::Problem;
use crate::model::time::DAY;
use crate::model::{Bucket, PostId, TimestampMs, series};
use crate::pages::text;
use crate::store::Store;

/// What is shown of a post's views, or of the site's, in a time.
pub struct Figures {
    /// The time.
    pub range: TimeRange,
    /// Its views.
    pub views: i64,
    /// How that compares with the time before; `None` where all time is asked for.
    pub change: Option<Change>,
    /// The views by steps.
    pub chart: Chart,
}

/// A comparison with the time before.
pub struct Change {
    /// `up`, `down` or `same`.
    pub direction: &'static str,
    /// `12 % more than in the 7 days before`.
    pub text: String,
}

impl Figures {
    /// Reads the hours of the time, and the sum of those before.
    ///
    /// # Errors
    /// Those of the store, and a time that cannot be shown.
    pub fn read(store: &dyn Store, post: PostId, asked: &TimeQuery) -> Result<Figures, Problem> {
        let all_time = asked
            .period()
            .is_some_and(|period| period.length().is_none());
        let first = if all_time {
            store.first_hour(post)?
        } else {
            None
        };
        let range = asked.range(first)?;
        let (start, end) = (range.start.timestamp(), range.end.timestamp());
        let covered = series::covered(start, end, range.by, &asked.zone).map_err(|_| no_time())?;
        let covered = TimestampMs(covered.start)..TimestampMs(covered.end);
        let hours = store.hours_between(post, covered)?;
        let buckets = buckets(&hours, start, end, &range, asked)?;
        let in_range = |hour: i64| (range.start.0..range.end.0).contains(&hour);
        let views = hours
            .iter()
            .filter(|(hour, _)| in_range(*hour))
            .map(|(_, views)| views)
            .sum();
        let change = if all_time {
            None
        } else {
            let before = store.views_between(post, range.before())?;
            Some(Change::new(views, before, asked))
        };
        Ok(Figures {
            chart: Chart::new(&buckets, range.by, &asked.zone),
            range,
            views,
            change,
        })
    }
}

fn buckets(
    hours: &[(i64, i64)],
    start: Timestamp,
    end: Timestamp,
    range: &TimeRange,
    asked: &TimeQuery,
) -> Result<Vec<Bucket>, Problem> {
    series::series(hours, start, end, range.by, &asked.zone).map_err(|_| no_time())
}

fn no_time() -> Problem {
    errors::bad_parameter("from", "a day of this calendar")
}

impl Change {
    fn new(views: i64, before: i64, asked: &TimeQuery) -> Change {
        let time = match asked.period().and_then(|period| period.length()) {
            Some(length) if length <= DAY => "the 24 hours before".to_owned(),
            Some(length) => format!("the {} days before", length / DAY),
            None => "the time before".to_owned(),
        };
        let direction = match views.cmp(&before) {
            std::cmp::Ordering::Greater => "up",
            std::cmp::Ordering::Less => "down",
            std::cmp::Ordering::Equal => "same",
        };
        let text = if before <= 0 {
            format!("none in {time}")
        } else {
            match percent(views, before) {
                0 => format!("as many as in {time}"),
                percent @ 1.. => format!("{} % more than in {time}", text::number(percent)),
                percent => format!("{} % less than in {time}", text::number(-percent)),
            }
        };
        Change { direction, text }
    }
}

/// The change in per cent, rounded; of a change that is less than half a per cent, 0.
fn percent(now: i64, before: i64) -> i64 {
    ((now as f64 / before as f64 - 1.0) * 100.0).round() as i64
}
