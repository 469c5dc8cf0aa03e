//! The views of one hour, day or month.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

use super::time::TimestampMs;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// Its first instant.
    #[serde(serialize_with = "in_utc")]
    pub start: Timestamp,
    /// The same by the clocks of a zone other than UTC: `2025-03-30T00:00:00+01:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<String>,
    /// Views from its start to the next one's.
    pub views: i64,
}

impl Bucket {
    /// An empty bucket that starts at this instant, of this zone's hours, days or months.
    pub fn new(start: Timestamp, zone: &TimeZone) -> Bucket {
        let local = || start.display_with_offset(zone.to_offset(start));
        Bucket {
            start,
            local: (*zone != TimeZone::UTC).then(|| local().to_string()),
            views: 0,
        }
    }
}

fn in_utc<S: Serializer>(start: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    TimestampMs::from(*start).serialize(serializer)
}
