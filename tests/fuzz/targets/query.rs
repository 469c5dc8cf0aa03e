//! Targets, queries, cursors, periods and series: each comes apart as plain rules say, and what is written for the next
//! request asks the same.
//!
//! Input: sixteen bytes of numbers, and a request target.

#![no_main]

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use viewtally::internals::TimestampMs;
use viewtally::internals::request::{
    Cursor, Method, SeriesQuery, Target, count_is_false, decode, encode, limit, next_address,
    period, query, series,
};

const HOUR: i64 = 3_600_000;
const LISTS: [char; 4] = ['p', 'v', 't', 'x'];

fuzz_target!(|data: &[u8]| {
    let Some((numbers, text)) = data.split_first_chunk::<16>() else {
        return;
    };
    let (key, id) = numbers.split_at(8);
    let [key, id] =
        [key, id].map(|bytes| i64::from_le_bytes(bytes.try_into().expect("eight bytes")));
    check_cursor(Cursor { key, id });
    if numbers[0] % 32 == 0 {
        check_series(key, id);
    }
    let Ok(text) = str::from_utf8(text) else {
        return;
    };
    let Some(target) = Target::parse(text, Method::Get) else {
        let is_plain = text.starts_with('/')
            && text
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'#');
        assert!(!is_plain, "{text:?} is a target");
        return;
    };
    check_target(target);
    check_parameters(target.query);
    check_next(target, Cursor { key, id });
});

fn check_target(target: Target<'_>) {
    let whole = format!("{}?{}", target.path, target.query);
    assert!(target.path.starts_with('/') && !target.path.contains('?'));
    assert!(
        whole
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'#')
    );
    assert_eq!(Target::parse(&whole, Method::Get), Some(target));
}

fn check_parameters(text: &str) {
    for name in [
        "cursor", "period", "limit", "tz", "by", "posts", "count", "",
    ] {
        assert_eq!(
            query::get(text, name),
            plainly(text, name),
            "{name} of {text:?}"
        );
    }
    assert!(limit(text).map_or(true, |limit| (1..=100).contains(&limit)));
    let zone = query::get(text, "tz");
    let known = zone.is_none_or(|name| TimeZone::get(&name).is_ok());
    let by = matches!(
        query::get(text, "by").as_deref(),
        None | Some("hour" | "day")
    );
    let asked = SeriesQuery::parse(text, TimestampMs(0));
    assert_eq!(asked.is_ok(), known && by && period(text).is_ok());
    if let Some(cursor) = query::get(text, "cursor") {
        for list in LISTS {
            if let Some(found) = decode(&cursor, list) {
                check_cursor(found);
                assert!(
                    LISTS
                        .iter()
                        .all(|other| *other == list || decode(&cursor, *other).is_none())
                );
            }
        }
    }
    assert!(!count_is_false(text) || text.contains("count="));
}

/// The first value of a name (URL Standard, application/x-www-form-urlencoded).
fn plainly<'q>(text: &'q str, name: &str) -> Option<Cow<'q, str>> {
    let decoded = |part: &str| {
        percent_decode_str(&part.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key) == name).then(|| Cow::Owned(decoded(value)))
        })
}

fn check_cursor(cursor: Cursor) {
    let text = encode(cursor, 'v');
    assert!(
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    );
    assert_eq!(decode(&text, 'v'), Some(cursor));
    assert_eq!(decode(&text, 'p'), None);
}

/// The address of the next page has the new cursor and otherwise the same parameters.
fn check_next(target: Target<'_>, cursor: Cursor) {
    let cursor = encode(cursor, 'v');
    let address = next_address("/posts", target.query, &cursor);
    assert!(!address.contains(['<', '>', '"', ' ']), "{address}");
    let next = Target::parse(&address, Method::Get).expect("a target");
    assert_eq!(next.path, "/posts");
    assert_eq!(
        query::get(next.query, "cursor").as_deref(),
        Some(&*cursor),
        "{address}"
    );
    let others = |text: &str| -> Vec<(String, String)> {
        let pairs = form_urlencoded::parse(text.as_bytes()).into_owned();
        pairs.filter(|(name, _)| name != "cursor").collect()
    };
    assert_eq!(others(next.query), others(target.query));
}

/// Buckets follow each other, cover the period, and lose no view of it.
fn check_series(one: i64, other: i64) {
    const ZONES: [&str; 6] = [
        "UTC",
        "Asia/Seoul",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "America/St_Johns",
    ];
    let zone = TimeZone::get(ZONES[one.rem_euclid(6) as usize]).expect("a known zone");
    let by = if other % 2 == 0 {
        series::By::Hour
    } else {
        series::By::Day
    };
    // Up to sixty hours or forty days of any year from 1900 to 2100.
    let from = (one >> 8).rem_euclid(200 * 8766) * HOUR - 70 * 8766 * HOUR;
    let most = if by == series::By::Hour { 60 } else { 40 * 24 };
    let to = from + (other >> 8).rem_euclid(most * HOUR);
    let hours: Vec<(i64, i64)> = (0..8)
        .map(|n| {
            (
                from.div_euclid(HOUR) * HOUR + (other >> n).rem_euclid(2000) * HOUR - 500 * HOUR,
                1 << n,
            )
        })
        .collect();
    let [start, end] =
        [from, to].map(|at| Timestamp::from_millisecond(at).expect("in the calendar"));
    let covered = series::covered(start, end, by, &zone).expect("in the calendar");
    let buckets = series::series(&hours, start, end, by, &zone).expect("in the calendar");
    let starts: Vec<i64> = buckets
        .iter()
        .map(|bucket| bucket.start.as_millisecond())
        .collect();
    assert!(starts.is_sorted_by(|a, b| a < b));
    assert_eq!(buckets.is_empty(), from >= to);
    if let Some(first) = starts.first() {
        assert!(*first == covered.start && *first <= from && covered.end >= to);
    }
    let inside = hours
        .iter()
        .filter(|(hour, _)| covered.contains(hour))
        .map(|(_, views)| views)
        .sum::<i64>();
    assert_eq!(
        buckets.iter().map(|bucket| bucket.views).sum::<i64>(),
        inside
    );
}
