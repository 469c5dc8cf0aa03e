//! Hours of a post taken out of its views, and put back.

use serde::Serialize;
use serde_json::Value;

use super::json_body;
use super::numbers::start;
use crate::clock;
use crate::endpoint::lookup::{find_post, stored_numbers};
use crate::endpoint::{Exchange, correction_fields, errors};
use crate::http::{Invalid, Problem};
use crate::model::{Correction, HourRange, PostId, TimestampMs};

/// The answer where there was no view to take out: a correction that was not made.
#[derive(Serialize)]
struct Nothing<'a> {
    id: Option<i64>,
    at: TimestampMs,
    views: i64,
    viewers: i64,
    reason: &'a str,
    #[serde(flatten)]
    hours: HourRange,
}

/// One correction.
pub(super) fn get(exchange: &mut Exchange<'_>, segment: &str, number: &str) -> Result<(), Problem> {
    let post = find_post(exchange, segment)?;
    let correction = find(exchange, post.id, number)?;
    start(exchange);
    exchange.response.json(&correction);
    Ok(())
}

/// Takes a range of hours out.
pub(super) fn post(exchange: &mut Exchange<'_>, segment: &str) -> Result<(), Problem> {
    let post = stored_numbers(exchange, segment)?.0.id;
    let (hours, reason) = read(&json_body::read(exchange)?).map_err(errors::invalid)?;
    let (store, now) = (exchange.state.store.store(), clock::now());
    let Some(taken) = store.take_out(post, hours, &reason, now)? else {
        start(exchange);
        exchange.response.json(&Nothing {
            id: None,
            at: now,
            views: 0,
            viewers: 0,
            reason: &reason,
            hours,
        });
        return Ok(());
    };
    exchange.state.store.invalidate(post);
    exchange.response.start(201);
    let location = format!("/posts/{post}/corrections/{}", taken.id);
    exchange.response.header("Location", &location);
    exchange.response.header("Cache-Control", "no-cache");
    exchange.response.json(&taken);
    Ok(())
}

/// Puts back what a correction has taken out.
pub(super) fn delete(
    exchange: &mut Exchange<'_>,
    segment: &str,
    number: &str,
) -> Result<(), Problem> {
    let post = stored_numbers(exchange, segment)?.0.id;
    let correction = find(exchange, post, number)?;
    if !correction.takes_out() {
        return Err(errors::nothing_taken_out());
    }
    let store = exchange.state.store.store();
    let back = store.take_back(post, correction.id, clock::now())?;
    let back = back.ok_or_else(errors::no_such_correction)?;
    exchange.state.store.invalidate(post);
    start(exchange);
    exchange.response.json(&back);
    Ok(())
}

fn find(exchange: &Exchange<'_>, post: PostId, number: &str) -> Result<Correction, Problem> {
    let id = number.parse().map_err(|_| errors::no_such_correction())?;
    let found = exchange.state.store.store().correction(post, id)?;
    found.ok_or_else(errors::no_such_correction)
}

fn read(value: &Value) -> Result<(HourRange, String), Vec<Invalid>> {
    let mut wrong = Vec::new();
    let (from, to) = (
        time(value, "from", &mut wrong),
        time(value, "to", &mut wrong),
    );
    let hours = from
        .zip(to)
        .and_then(|(from, to)| read_hours(from, to, &mut wrong));
    let reason = correction_fields::reason(value["reason"].as_str().unwrap_or_default());
    match (hours, reason) {
        (Some(hours), Ok(reason)) => Ok((hours, reason)),
        (_, reason) => {
            wrong.extend(reason.err().map(|detail| Invalid::new("/reason", detail)));
            Err(wrong)
        }
    }
}

fn time(value: &Value, name: &str, wrong: &mut Vec<Invalid>) -> Option<TimestampMs> {
    let text = value[name].as_str().unwrap_or_default();
    let time = text.parse::<jiff::Timestamp>().ok().map(TimestampMs::from);
    if time.is_none() {
        let detail = format!("{name} must be an RFC 3339 time such as 2026-01-31T12:00:00Z");
        wrong.push(Invalid::new(format!("/{name}"), detail));
    }
    time
}

/// The hours from one time up to another. Parts of hours are refused and not rounded: it would take out more, or less, than
/// was asked for.
fn read_hours(from: TimestampMs, to: TimestampMs, wrong: &mut Vec<Invalid>) -> Option<HourRange> {
    let Some(covering) = HourRange::covering(from, to) else {
        let detail = "to must be after from: the hour that begins at to is not taken out";
        wrong.push(Invalid::new("/to", detail));
        return None;
    };
    for (name, given, whole) in [("from", from, covering.from()), ("to", to, covering.to())] {
        if given != whole {
            let detail = format!(
                "{name} must be the start of an hour of UTC, by which views are kept; try {whole}"
            );
            wrong.push(Invalid::new(format!("/{name}"), detail));
        }
    }
    HourRange::new(from, to)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::time::HOUR;

    fn mistakes(from: &str, to: &str) -> Vec<(String, String)> {
        let refused = read(&json!({"from": from, "to": to, "reason": "a crawler"}));
        let wrong = refused.err().unwrap_or_default().into_iter();
        wrong.map(|one| (one.pointer, one.detail)).collect()
    }

    #[test]
    fn a_range_is_of_whole_hours_in_any_zone() {
        let (hours, reason) = read(&json!({
            "from": "2026-03-05T14:00:00+09:00", "to": "2026-03-05T07:00:00Z", "reason": " a crawler "
        }))
        .unwrap();
        assert_eq!(hours.from().to_string(), "2026-03-05T05:00:00Z");
        assert_eq!(hours.to().0 - hours.from().0, 2 * HOUR);
        assert_eq!(reason, "a crawler");
        let wrong = mistakes("2026-03-05T05:20:00Z", "2026-03-05T06:20:00Z");
        assert!(wrong[0].0 == "/from" && wrong[0].1.ends_with("try 2026-03-05T05:00:00Z"));
        assert!(wrong[1].0 == "/to" && wrong[1].1.ends_with("try 2026-03-05T07:00:00Z"));
    }

    #[test]
    fn everything_that_is_wrong_is_told() {
        for to in ["2026-03-05T05:00:00Z", "2026-03-05T04:00:00Z"] {
            let wrong = mistakes("2026-03-05T05:00:00Z", to);
            assert!(wrong.len() == 1 && wrong[0].0 == "/to", "{wrong:?}");
        }
        for body in [
            json!({}),
            json!([]),
            json!({"from": 1, "to": "x", "reason": 7}),
        ] {
            let wrong = read(&body).unwrap_err().into_iter();
            let pointers: Vec<String> = wrong.map(|one| one.pointer).collect();
            assert_eq!(pointers, ["/from", "/to", "/reason"]);
        }
    }
}
