//! GoatCounter: `count.js` asks for an image, or sends a beacon, and its counter of visitors reads a number.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::numbers::{count as count_page, find, of_site, page_of, views};
use super::reply;
use super::router::number_page;
use crate::clock;
use crate::embed::PIXEL;
use crate::endpoint::Exchange;
use crate::endpoint::record_view::{judge_view, record_unwanted};
use crate::endpoint::referrer::note_of_parameter;
use crate::http::{Problem, query};
use crate::model::time::DAY;
use crate::model::{Outcome, PostId, Reason, SITE, TimestampMs};

/// From this on `b` says that the browser is driven by a program.
const BOT: u16 = 150;

/// The longest path.
const MAX_PATH: usize = 2_048;

/// `/count`, by `GET` or as a beacon.
pub(super) fn count(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let text = exchange.query();
    let parameter = |name: &str| query::get(text, name).unwrap_or_default();
    let (path, title) = (parameter("p"), parameter("t"));
    let bot = match parameter("b").parse::<u16>() {
        Ok(bot) if (1..BOT).contains(&bot) => {
            return image(exchange, 400, Some("wrong value of b"));
        }
        found => found.unwrap_or(0),
    };
    if path.is_empty() || path.len() > MAX_PATH {
        return image(exchange, 400, Some("p takes the path of a page"));
    }
    if ["true", "1"].contains(&&*parameter("e")) {
        return image(
            exchange,
            202,
            Some("ignored because events are not counted"),
        );
    }
    let path = match path.starts_with('/') || path.contains("//") {
        true => path.into_owned(),
        false => format!("/{path}"),
    };
    if bot >= BOT {
        let Some(page) = page_of(exchange.state, &path) else {
            return image(
                exchange,
                202,
                Some("ignored because it is no page of this site"),
            );
        };
        let post = find(exchange.state, &page)?.map_or(SITE, |post| post.id);
        let judged = judge_view(exchange);
        record_unwanted(exchange, post, judged, Reason::Bot);
        return image(exchange, 200, None);
    }
    match count_page(exchange, &path, &title)? {
        Some(_) => {
            if let Some(post) = exchange.event.as_ref().map(|event| event.post) {
                note_of_parameter(exchange, post, Outcome::Accepted, "r=");
            }
            image(exchange, 200, None)
        }
        None => image(
            exchange,
            202,
            Some("ignored because it is no page of this site"),
        ),
    }
}

/// `/counter/{page}.json?start=&end=`.
pub(super) fn number(exchange: &mut Exchange<'_>) -> Result<(), Problem> {
    let page = number_page(exchange.request.target.path).unwrap_or_default();
    let page = percent_decode_str(page).decode_utf8_lossy();
    let (start, end) = match days(exchange) {
        Ok(days) => days,
        Err(why) => {
            reply::json(exchange, 400, &json!({"error": why}));
            return Ok(());
        }
    };
    let is_whole = start.is_none() && end.is_none();
    let state = exchange.state;
    let post: Option<PostId> = match &*page {
        "TOTAL" => Some(SITE),
        page => match page_of(state, page) {
            Some(page) => find(state, &page)?.map(|post| post.id),
            None => None,
        },
    };
    let found = match (post, is_whole) {
        (None, _) => None,
        (Some(SITE), true) => Some(of_site(state)?.site_pv),
        (Some(_), true) => views(state, &page)?,
        (Some(post), false) => {
            let time = start.unwrap_or(TimestampMs(0))..end.unwrap_or(TimestampMs(i64::MAX));
            Some(state.store.store().views_between(post, time)?)
        }
    };
    let count = grouped(found.unwrap_or(0));
    let status = if found.is_some() { 200 } else { 404 };
    reply::json(
        exchange,
        status,
        &json!({"count_unique": count, "count": count}),
    );
    Ok(())
}

/// From when, and until the end of which day.
fn days(exchange: &Exchange<'_>) -> Result<(Option<TimestampMs>, Option<TimestampMs>), String> {
    let parameter = |name: &str| query::get(exchange.query(), name).unwrap_or_default();
    let ago = |days: i64| Ok(Some(TimestampMs(clock::now().0 - days * DAY)));
    let start = match &*parameter("start") {
        "" => Ok(None),
        "week" => ago(7),
        "month" => ago(30),
        "year" => ago(365),
        date => day(date).map(Some),
    };
    let end = match &*parameter("end") {
        "" => Ok(None),
        date => day(date).map(|day| Some(TimestampMs(day.0 + DAY))),
    };
    Ok((start?, end?))
}

fn day(text: &str) -> Result<TimestampMs, String> {
    let date: Date = text
        .parse()
        .map_err(|_| "start and end are days such as 2026-01-31; start also week, month, year")?;
    let start = date
        .to_zoned(TimeZone::UTC)
        .map_err(|error| error.to_string())?;
    Ok(TimestampMs::from(start.timestamp()))
}

fn image(exchange: &mut Exchange<'_>, status: u16, why: Option<&str>) -> Result<(), Problem> {
    reply::start(exchange, status);
    if let Some(why) = why {
        exchange.response.header("X-Goatcounter", why);
    }
    exchange
        .response
        .header("Cross-Origin-Resource-Policy", "cross-origin");
    exchange.response.bytes("image/gif", &PIXEL);
    Ok(())
}

/// Digits in groups of three, with narrow spaces that do not break between them.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_groups_of_three_digits() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_234, "1\u{202f}234"),
            (1_234_567, "1\u{202f}234\u{202f}567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn days_are_read_and_nothing_else() {
        assert_eq!(day("1970-01-02"), Ok(TimestampMs(DAY)));
        assert!(day("yesterday").is_err() && day("2026-02-30").is_err());
    }
}
