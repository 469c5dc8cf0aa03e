//! A correction in the list on a post's page of numbers.

use jiff::tz::TimeZone;

use crate::model::{Correction, CorrectionId, HourRange};
use crate::pages::text;

/// One line of the list.
pub struct CorrectionRow {
    /// The day on which it was made.
    pub at: String,
    pub views: String,
    pub viewers: String,
    pub reason: String,
    /// What happened to which hours.
    pub hours: Option<String>,
    /// The number by which its hours can be put back.
    pub removal: Option<CorrectionId>,
}

impl CorrectionRow {
    /// A correction at times of a zone.
    pub fn new(correction: Correction, zone: &TimeZone) -> CorrectionRow {
        let is_out = correction.takes_out() && correction.taken_back_by.is_none();
        let what = match (correction.takes_out(), is_out) {
            (false, _) => "Put back",
            (true, true) => "Taken out",
            (true, false) => "Taken out, and put back since",
        };
        let hours = correction.hours;
        CorrectionRow {
            at: text::day(correction.at, zone),
            views: text::signed(correction.views),
            viewers: text::signed(correction.viewers),
            hours: hours.map(|hours| format!("{what}: {}", range(hours, zone))),
            removal: is_out.then_some(correction.id),
            reason: correction.reason,
        }
    }
}

/// Hours as people write them: `5 March 2026, 14:00 to 16:00`, with the second day where it is another one.
pub fn range(hours: HourRange, zone: &TimeZone) -> String {
    let day = text::day(hours.from(), zone) + ", ";
    let (from, to) = (
        text::minute(hours.from(), zone),
        text::minute(hours.to(), zone),
    );
    let to = to.strip_prefix(&day).unwrap_or(&to);
    format!("{from} to {to}")
}
