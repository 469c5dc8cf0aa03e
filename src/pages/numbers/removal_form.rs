//! The form by which hours are taken out of a post's views, as text that need not be a range yet.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::endpoint::correction_fields;
use crate::model::{HourRange, TimestampMs};
use crate::pages::text;

/// The form, as it is shown.
#[derive(Clone, Debug, Default)]
pub struct RemovalForm {
    /// Where it goes.
    pub action: String,
    /// What forms of this session carry.
    pub form_token: String,
    /// The zone that the address names, which stays; empty where it names none.
    pub zone_in_address: String,
    /// Whose times these are.
    pub zone: String,
    /// To the minute, as `datetime-local` has it.
    pub from: String,
    /// The same.
    pub to: String,
    /// Why.
    pub reason: String,
    /// What is wrong.
    pub mistakes: RemovalMistakes,
}

/// What is wrong with the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemovalMistakes {
    pub from: Option<String>,
    pub to: Option<String>,
    pub reason: Option<String>,
}

/// What a form asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The hours of which a part lies in the time that it names.
    pub hours: HourRange,
    /// Whether that is more than the time that it names.
    pub is_rounded: bool,
    /// Why.
    pub reason: String,
}

impl RemovalForm {
    /// An empty form.
    pub fn new(
        slug: &str,
        form_token: &str,
        zone_in_address: &str,
        zone: &TimeZone,
    ) -> RemovalForm {
        RemovalForm {
            action: format!("/posts/{}/stats", text::encode(slug)),
            form_token: form_token.to_owned(),
            zone_in_address: zone_in_address.to_owned(),
            zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            ..RemovalForm::default()
        }
    }

    /// What it asks for, at times of a zone.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn read(&self, zone: &TimeZone) -> Result<Removal, RemovalMistakes> {
        let mut mistakes = RemovalMistakes::default();
        let from = read_time(&self.from, zone, &mut mistakes.from);
        let to = read_time(&self.to, zone, &mut mistakes.to);
        let hours = from
            .zip(to)
            .and_then(|(from, to)| HourRange::covering(from, to));
        if hours.is_none() && (from.is_some() && to.is_some()) {
            mistakes.to = Some("this must be after the time above".to_owned());
        }
        let reason = correction_fields::reason(&self.reason)
            .map_err(|detail| mistakes.reason = Some(detail))
            .ok();
        match (hours, reason) {
            (Some(hours), Some(reason)) => Ok(Removal {
                hours,
                is_rounded: (Some(hours.from()), Some(hours.to())) != (from, to),
                reason,
            }),
            _ => Err(mistakes),
        }
    }
}

fn read_time(text: &str, zone: &TimeZone, mistake: &mut Option<String>) -> Option<TimestampMs> {
    let time: Option<DateTime> = text.trim().parse().ok();
    let time = time.and_then(|time| time.to_zoned(zone.clone()).ok());
    if time.is_none() {
        *mistake = Some("this must be a time such as 2026-01-31T12:00".to_owned());
    }
    time.map(|time| time.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::HOUR;

    fn length(removal: &Removal) -> i64 {
        removal.hours.to().0 - removal.hours.from().0
    }

    fn read(from: &str, to: &str, zone: &str) -> Result<Removal, RemovalMistakes> {
        let zone = TimeZone::get(zone).expect("a zone");
        let form = RemovalForm {
            from: from.to_owned(),
            to: to.to_owned(),
            reason: " a crawler ".to_owned(),
            ..RemovalForm::new("a", "", "", &zone)
        };
        form.read(&zone)
    }

    #[test]
    fn a_time_of_the_zone_becomes_whole_hours() {
        let removal = read("2026-03-05T14:00", "2026-03-05T16:00", "Asia/Seoul").unwrap();
        assert_eq!(removal.hours.from().to_string(), "2026-03-05T05:00:00Z");
        assert_eq!((length(&removal), removal.is_rounded), (2 * HOUR, false));
        assert_eq!(removal.reason, "a crawler");
        // Hours of UTC begin at half past there.
        let removal = read("2026-03-05T14:00", "2026-03-05T14:31", "Asia/Kolkata").unwrap();
        assert_eq!(removal.hours.from().to_string(), "2026-03-05T08:00:00Z");
        assert_eq!((length(&removal), removal.is_rounded), (2 * HOUR, true));
    }

    #[test]
    fn each_mistake_is_told_at_its_field() {
        let mistakes = |from, to| read(from, to, "UTC").unwrap_err();
        let wrong = mistakes("", "x");
        assert!(wrong.from.is_some() && wrong.to.is_some() && wrong.reason.is_none());
        let wrong = mistakes("2026-03-05T14:00", "2026-03-05T14:00");
        assert!(wrong.from.is_none() && wrong.to.is_some());
        let empty = RemovalForm::default().read(&TimeZone::UTC).unwrap_err();
        assert!(empty.reason.is_some());
    }
}
