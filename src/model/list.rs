//! Lists of posts: what was asked, and where the next page starts.

use super::post::PostId;
use super::time::{DAY, HOUR, TimestampMs};

/// In what order posts are listed; ties go to the higher id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Latest published first.
    #[default]
    Published,
    /// Most views first.
    Views,
    /// Most views lately first: a view weighs half of one that came a day later.
    Trending,
}

/// A stretch of time that ends now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Period {
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// 365 days.
    Year,
    /// From the first view on.
    #[default]
    All,
}

impl Period {
    /// The words users write, with what they mean.
    pub const NAMES: [(&'static str, Period); 5] = [
        ("24h", Period::Day),
        ("7d", Period::Week),
        ("30d", Period::Month),
        ("1y", Period::Year),
        ("all", Period::All),
    ];

    /// The period of that name, if it is one.
    pub fn from_name(name: &str) -> Option<Period> {
        Period::NAMES
            .into_iter()
            .find_map(|(known, period)| (known == name).then_some(period))
    }

    /// When it began, if it ends `now`: at the start of a UTC hour, since views are kept by hours. `None` for all time.
    pub fn since(self, now: TimestampMs) -> Option<TimestampMs> {
        self.length()
            .map(|length| TimestampMs(now.0.saturating_sub(length)).hour())
    }

    /// Its length in milliseconds; `None` for all time.
    pub fn length(self) -> Option<i64> {
        match self {
            Period::Day => Some(24 * HOUR),
            Period::Week => Some(7 * DAY),
            Period::Month => Some(30 * DAY),
            Period::Year => Some(365 * DAY),
            Period::All => None,
        }
    }
}

/// A post's place among those with the most views of a period; the higher, the more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// Its views in the period.
    pub views: i64,
    /// The post; breaks ties.
    pub post: PostId,
}

/// Where a page ended: the last post's sort key and id. The next page holds what comes after it, so a post added or
/// removed meanwhile shifts nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Publication time, views, or the bits of the trend, by the sort.
    pub key: i64,
    /// Breaks ties.
    pub id: PostId,
}

/// What list was asked for.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// Its order.
    pub sort: Sort,
    /// At most this many posts.
    pub limit: usize,
    /// After this place, or from the start.
    pub after: Option<Cursor>,
    /// Only posts with this tag.
    pub tag: Option<String>,
    /// Only posts whose title holds this text, whatever its case.
    pub title: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<Cursor>,
}
