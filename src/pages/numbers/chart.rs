//! A chart of views over time: pure functions from numbers to an SVG path, labels and a table.
//!
//! The picture is stretched to the width there is, so its texts stand outside of it; where something stands must come
//! from attributes, since the page's policy allows no style of an element.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use crate::model::{Bucket, By};
use crate::pages::text;

/// The height of the picture in its own units.
const HEIGHT: f64 = 100.0;

/// Bars with room between them, at most.
const MOST_BARS: usize = 150;

/// Labels below the chart, at most.
const LABELS: usize = 5;

/// A chart, ready for its template.
pub struct Chart {
    /// The number of steps, and the picture's width in its own units.
    pub width: usize,
    /// The bars.
    pub path: String,
    /// What the top line and the middle line stand for.
    pub top: String,
    pub middle: String,
    /// What stands below, evenly spread.
    pub labels: Vec<String>,
    /// What the picture says, in words.
    pub summary: String,
    /// The numbers.
    pub rows: Vec<Row>,
    /// `Hour`, `Day` or `Month`.
    pub step: &'static str,
}

/// One line of the table.
pub struct Row {
    pub label: String,
    pub views: String,
}

impl Chart {
    /// The chart of these buckets.
    pub fn new(buckets: &[Bucket], by: By, zone: &TimeZone) -> Chart {
        let most = buckets.iter().map(|bucket| bucket.views).max().unwrap_or(0);
        let scale = nice(most);
        let rows: Vec<Row> = buckets
            .iter()
            .map(|bucket| Row {
                label: full_label(bucket, by, zone, buckets.len() > MOST_BARS),
                views: text::number(bucket.views),
            })
            .collect();
        Chart {
            width: buckets.len().max(1),
            path: picture(buckets.iter().map(|bucket| bucket.views), scale),
            top: short_number(scale),
            middle: short_number_half(scale),
            labels: labels(buckets, by, zone),
            summary: summary(&rows, buckets, step_name(by)),
            rows,
            step: match by {
                By::Hour => "Hour",
                By::Day => "Day",
                By::Month => "Month",
            },
        }
    }
}

/// The picture of the numbers: bars, or where there is no room between them, the outline of all.
fn picture(numbers: impl ExactSizeIterator<Item = i64>, scale: i64) -> String {
    let heights = numbers.map(|number| match number {
        ..=0 => 0.0,
        // A bar that is there can be seen.
        number => (number as f64 / scale as f64 * HEIGHT).max(0.8),
    });
    if heights.len() > MOST_BARS {
        outline(heights)
    } else {
        bars(heights)
    }
}

fn outline(heights: impl ExactSizeIterator<Item = f64>) -> String {
    let mut path = format!("M0 {HEIGHT}");
    for (place, height) in heights.enumerate() {
        let _ = write!(path, "V{}H{}", short(HEIGHT - height), place + 1);
    }
    let _ = write!(path, "V{HEIGHT}z");
    path
}

/// A bar for each number that is not zero.
fn bars(heights: impl Iterator<Item = f64>) -> String {
    let gap = 0.12;
    let width = 1.0 - 2.0 * gap;
    let mut path = String::new();
    for (place, height) in heights.enumerate().filter(|(_, height)| *height > 0.0) {
        let _ = write!(
            path,
            "M{} {HEIGHT}v-{}h{}v{}z",
            short(place as f64 + gap),
            short(height),
            short(width),
            short(height)
        );
    }
    path
}

/// With two digits after the point, of which none is a trailing zero.
fn short(n: f64) -> String {
    let text = format!("{n:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The next round number that is not below `most`, and whose half is a whole number.
pub fn nice(most: i64) -> i64 {
    let mut power: i64 = 1;
    loop {
        for step in [2, 3, 4, 5, 6, 8, 10] {
            let candidate = power.saturating_mul(step);
            if candidate >= most && (candidate % 2 == 0 || candidate == i64::MAX) {
                return candidate;
            }
        }
        power = power.saturating_mul(10);
    }
}

fn short_number_half(scale: i64) -> String {
    short_number(scale / 2)
}

/// `1,500`, `20k`, `3M`.
pub fn short_number(n: i64) -> String {
    match n {
        10_000_000.. if n % 1_000_000 == 0 => text::number(n / 1_000_000) + "M",
        10_000.. if n % 1_000 == 0 => text::number(n / 1_000) + "k",
        _ => text::number(n),
    }
}

fn step_name(by: By) -> &'static str {
    match by {
        By::Hour => "hour",
        By::Day => "day",
        By::Month => "month",
    }
}

fn summary(rows: &[Row], buckets: &[Bucket], step: &str) -> String {
    let total = buckets.iter().map(|bucket| bucket.views).sum();
    let highest = buckets
        .iter()
        .zip(rows)
        .max_by_key(|(bucket, _)| bucket.views)
        .filter(|(bucket, _)| bucket.views > 0);
    match highest {
        Some((_, row)) => format!(
            "Views by {step}: {} in all, most of them, {}, on {}",
            text::number(total),
            row.views,
            row.label
        ),
        None => format!("Views by {step}: none"),
    }
}

fn format(bucket: &Bucket, zone: &TimeZone, form: &str) -> String {
    bucket
        .start
        .to_zoned(zone.clone())
        .strftime(form)
        .to_string()
}

/// A bucket's name in the table; a short one where there are many.
fn full_label(bucket: &Bucket, by: By, zone: &TimeZone, is_long: bool) -> String {
    let form = match by {
        By::Hour => "%-d %b %Y, %H:%M",
        By::Day if is_long => "%-d %b %Y",
        By::Day => "%a, %-d %b %Y",
        By::Month => "%B %Y",
    };
    format(bucket, zone, form)
}

/// Labels at even distances, the first and the last bucket among them.
fn labels(buckets: &[Bucket], by: By, zone: &TimeZone) -> Vec<String> {
    let form = match by {
        By::Hour if buckets.len() <= 49 => "%H:%M",
        By::Hour | By::Day => "%-d %b",
        By::Month => "%b %Y",
    };
    let last = buckets.len().saturating_sub(1);
    let count = LABELS.min(buckets.len());
    (0..count)
        .filter_map(|number| buckets.get(number * last / count.saturating_sub(1).max(1)))
        .map(|bucket| format(bucket, zone, form))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{TimestampMs, series};

    fn buckets(views: &[i64]) -> Vec<Bucket> {
        let hour = |n: usize| n as i64 * 86_400_000;
        let hours: Vec<(i64, i64)> = views
            .iter()
            .enumerate()
            .map(|(n, views)| (hour(n), *views))
            .collect();
        let end = TimestampMs(hour(views.len())).timestamp();
        let start = TimestampMs(0).timestamp();
        series::series(&hours, start, end, By::Day, &TimeZone::UTC).unwrap()
    }

    #[test]
    fn a_chart_shows_its_numbers() {
        let chart = Chart::new(&buckets(&[0, 5, 10]), By::Day, &TimeZone::UTC);
        assert_eq!(chart.width, 3);
        assert_eq!(chart.path, "M1.12 100v-50h0.76v50zM2.12 100v-100h0.76v100z");
        assert_eq!((&*chart.top, &*chart.middle), ("10", "5"));
        assert_eq!(chart.labels, ["1 Jan", "2 Jan", "3 Jan"]);
        assert_eq!(chart.rows[2].label, "Sat, 3 Jan 1970");
        assert_eq!(
            chart.summary,
            "Views by day: 15 in all, most of them, 10, on Sat, 3 Jan 1970"
        );
    }

    #[test]
    fn many_numbers_are_one_outline() {
        let chart = Chart::new(&buckets(&[1; 200]), By::Day, &TimeZone::UTC);
        assert!(
            chart.path.starts_with("M0 100V50H1V50H2V50H3"),
            "{}",
            chart.path
        );
        assert!(chart.path.ends_with("V50H200V100z"));
    }

    #[test]
    fn nothing_is_a_chart_too() {
        for empty in [&[][..], &[0], &[0, 0]] {
            let chart = Chart::new(&buckets(empty), By::Day, &TimeZone::UTC);
            assert_eq!((&*chart.path, &*chart.summary), ("", "Views by day: none"));
            assert!(chart.width >= 1);
        }
    }

    #[test]
    fn scales_are_round_and_never_too_small() {
        for (most, scale) in [
            (0, 2),
            (1, 2),
            (3, 4),
            (5, 6),
            (7, 8),
            (9, 10),
            (25, 30),
            (11, 20),
            (401, 500),
        ] {
            assert_eq!(nice(most), scale);
        }
        for most in [i64::MAX, i64::MAX - 1, 1 << 40] {
            assert!(nice(most) >= most);
        }
        assert_eq!(short_number(20_000), "20k");
        assert_eq!(short_number(9_000), "9,000");
        assert_eq!(short_number(40_000_000), "40M");
    }
}
