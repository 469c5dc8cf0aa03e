//! The periods over which views are counted.

use super::time::{DAY, HOUR, TimestampMs};

/// A period that ends now.
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
