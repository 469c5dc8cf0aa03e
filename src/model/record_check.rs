//! Whether the numbers of an export's record can be: a store that takes what cannot be would have to live with it.

use super::record::{MAX_STORED, Record};
use super::time::calendar;

/// Checks numbers one after the other, up to the first that cannot be.
struct Check(Result<(), String>);

impl Check {
    fn within(self, name: &str, value: i64, least: i64, most: i64) -> Check {
        Check(self.0.and_then(|()| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            Err(format!("{name} is {value}, and not from {least} to {most}"))
        }))
    }

    /// A number of something.
    fn count(self, name: &str, value: i64) -> Check {
        self.within(name, value, 0, MAX_STORED)
    }

    /// A number that tells rows apart.
    fn id(self, name: &str, value: i64) -> Check {
        self.within(name, value, 1, MAX_STORED)
    }

    /// Milliseconds since 1970, of the years that calendars have.
    fn time(self, name: &str, value: i64) -> Check {
        let (first, last) = calendar();
        self.within(name, value, first, last)
    }

    /// A viewer with a name, or an anonymous one, whose number is negative.
    fn viewer(self, value: i64) -> Check {
        match value {
            ..0 => self,
            _ => self.id("viewer", value),
        }
    }
}

impl Record {
    /// Whether each of its numbers can be.
    ///
    /// # Errors
    /// The first that cannot, and why.
    pub fn check(&self) -> Result<(), String> {
        let check = Check(Ok(()));
        let checked = match self {
            Record::Viewtally { .. } | Record::End { .. } | Record::LogKey { .. } => check,
            Record::Numbers {
                posts,
                viewers,
                corrections,
                logs,
            } => check
                .count("posts", *posts)
                .count("viewers", *viewers)
                .count("corrections", *corrections)
                .count("logs", *logs),
            Record::Post(post) => check
                .id("id", post.id)
                .time("published_at", post.published_at)
                .time("updated_at", post.updated_at)
                .id("revision", post.revision)
                .count("views", post.views)
                .count("viewers", post.viewers)
                .count("past_viewers", post.past_viewers),
            Record::Deleted { post, at, .. } => check.id("post", *post).time("at", *at),
            Record::Hour { post, hour, views } => check
                .count("post", *post)
                .time("hour", *hour)
                .count("views", *views),
            Record::Uncounted {
                post, day, count, ..
            } => check
                .count("post", *post)
                .time("day", *day)
                .count("count", *count),
            Record::Correction {
                id,
                post,
                at,
                views,
                viewers,
                hour_views,
                from_hour,
                to_hour,
                takes_back,
                ..
            } => check
                .id("id", *id)
                .id("post", *post)
                .time("at", *at)
                .within("views", *views, -MAX_STORED, MAX_STORED)
                .within("viewers", *viewers, -MAX_STORED, MAX_STORED)
                .within("hour_views", *hour_views, -MAX_STORED, MAX_STORED)
                .time("from_hour", from_hour.unwrap_or_default())
                .time("to_hour", to_hour.unwrap_or_default())
                .id("takes_back", takes_back.unwrap_or(1)),
            Record::RemovedHour {
                post,
                correction,
                hour,
                views,
            } => check
                .id("post", *post)
                .id("correction", *correction)
                .time("hour", *hour)
                .count("views", *views),
            Record::Referrer {
                post, day, views, ..
            } => check
                .count("post", *post)
                .time("day", *day)
                .count("views", *views),
            Record::Viewer { id, .. } => check.id("id", *id),
            Record::Viewing {
                post,
                viewer,
                first,
                last,
                views,
                counted_at,
            } => check
                .id("post", *post)
                .viewer(*viewer)
                .time("first", *first)
                .time("last", *last)
                .count("views", *views)
                .time("counted_at", *counted_at),
            // Windows may be longer than the time since 1970, and begin before calendars do.
            Record::Window { post, viewer, .. } => check.id("post", *post).viewer(*viewer),
            Record::Spill { applied_at, .. } => check.time("applied_at", *applied_at),
            Record::Log { id, bytes, at, .. } => {
                check.id("id", *id).count("bytes", *bytes).time("at", *at)
            }
            Record::LogHour {
                log,
                post,
                hour,
                views,
            } => check
                .id("log", *log)
                .count("post", *post)
                .time("hour", *hour)
                .count("views", *views),
            Record::RemovedLogHour {
                log,
                post,
                correction,
                hour,
                views,
            } => check
                .count("log", *log)
                .id("post", *post)
                .id("correction", *correction)
                .time("hour", *hour)
                .count("views", *views),
            Record::LogUncounted {
                log,
                post,
                day,
                count,
                ..
            } => check
                .id("log", *log)
                .count("post", *post)
                .time("day", *day)
                .count("count", *count),
            Record::LogViewing {
                post,
                viewer,
                log,
                first,
                last,
                views,
            } => check
                .id("log", *log)
                .id("post", *post)
                .viewer(*viewer)
                .time("first", *first)
                .time("last", *last)
                .count("views", *views),
            Record::LogWindow {
                post,
                viewer,
                log,
                batch,
                at,
                counted,
                ..
            } => check
                .id("log", *log)
                .id("post", *post)
                .viewer(*viewer)
                .count("batch", *batch)
                .time("at", *at)
                .count("counted", *counted),
            Record::LogPastViewers { log, post, viewers } => check
                .id("log", *log)
                .id("post", *post)
                .count("viewers", *viewers),
            Record::LogPost { log, post } => check.id("log", *log).id("post", *post),
            Record::Stop {
                at,
                took,
                written,
                unwritten,
            } => check
                .time("at", *at)
                .count("took", *took)
                .count("written", *written)
                .count("unwritten", *unwritten),
        };
        checked.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_cannot_be_is_named() {
        let hour = |post, hour, views| Record::Hour { post, hour, views }.check();
        assert_eq!(hour(0, 0, MAX_STORED), Ok(()));
        assert!(hour(-1, 0, 1).unwrap_err().starts_with("post is -1"));
        assert!(hour(1, i64::MIN, 1).unwrap_err().starts_with("hour is"));
        assert!(hour(1, 0, -1).unwrap_err().starts_with("views is -1"));
        assert!(hour(1, 0, i64::MAX).is_err());
        let window = |viewer| {
            let (post, start) = (1, i64::MIN);
            Record::Window {
                post,
                viewer,
                start,
            }
            .check()
        };
        assert_eq!((window(i64::MIN), window(7)), (Ok(()), Ok(())));
        assert!(window(0).unwrap_err().starts_with("viewer is 0"));
    }
}
