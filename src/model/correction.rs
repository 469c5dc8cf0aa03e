//! Changes of a post's numbers that somebody made.

use serde::Serialize;

use super::hour_range::HourRange;
use super::time::TimestampMs;

/// Tells corrections apart. Never given twice.
pub type CorrectionId = i64;

/// A number set by hand or brought from elsewhere, as the difference it made; or hours that were taken out or put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Correction {
    /// Its number.
    pub id: CorrectionId,
    /// When.
    pub at: TimestampMs,
    /// Views added, or taken away.
    pub views: i64,
    /// Viewers added, or taken away.
    pub viewers: i64,
    /// Why, in the words of who did it.
    pub reason: String,
    /// The hours whose views were taken out, or put back; none for a number that was set.
    #[serde(flatten)]
    pub hours: Option<HourRange>,
    /// The correction whose hours this one put back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub takes_back: Option<CorrectionId>,
    /// The correction that has put the hours of this one back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_back_by: Option<CorrectionId>,
}

impl Correction {
    /// Whether it has taken hours out, be they put back by now or not.
    pub fn takes_out(&self) -> bool {
        self.hours.is_some() && self.takes_back.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::HOUR;

    #[test]
    fn what_a_correction_has_not_is_not_told() {
        let mut correction = Correction {
            id: 7,
            at: TimestampMs(0),
            views: 3,
            viewers: 0,
            reason: "moved".to_owned(),
            hours: None,
            takes_back: None,
            taken_back_by: None,
        };
        let json = |correction: &Correction| serde_json::to_string(correction).expect("JSON");
        let number =
            r#"{"id":7,"at":"1970-01-01T00:00:00Z","views":3,"viewers":0,"reason":"moved"}"#;
        assert_eq!(json(&correction), number);
        assert!(!correction.takes_out());
        correction.hours = HourRange::new(TimestampMs(0), TimestampMs(HOUR));
        correction.taken_back_by = Some(9);
        let hours =
            r#""from":"1970-01-01T00:00:00Z","to":"1970-01-01T01:00:00Z","taken_back_by":9}"#;
        assert!(json(&correction).ends_with(hours), "{}", json(&correction));
        assert!(correction.takes_out());
    }
}
