//! LeanCloud: `Counter.0.jsonl`, an object of the class `Counter` a line. Themes name a page by `url` or by `target`.

use std::io::{self, BufRead};

use serde_json::Value;

use super::lines::Lines;
use super::row::{Item, Items, NumberRow, damaged};

/// What Fluid counts of the whole site.
const OF_SITE: [&str; 2] = ["site-pv", "site-uv"];

/// Reads an export.
///
/// # Errors
/// Those of reading.
pub fn read(reader: impl BufRead, items: Items<'_>) -> io::Result<()> {
    let mut lines = Lines::new(reader);
    while let Some(line) = lines.next()? {
        // The first says what the file is.
        if line.text.is_empty() || line.text.starts_with(b"#") {
            continue;
        }
        items(match serde_json::from_slice(line.text) {
            Ok(_) if line.too_long => damaged(line.number, "it is too long"),
            Ok(object) => counter(&object, line.number),
            Err(error) => damaged(line.number, format!("it is no JSON: {error}")),
        });
    }
    Ok(())
}

/// A counter, as LeanCloud and Waline have it.
pub fn counter(object: &Value, line: u64) -> Item {
    let names = ["url", "target"].map(|name| object[name].as_str().unwrap_or_default());
    let Some(page) = names.into_iter().find(|name| !name.is_empty()) else {
        return damaged(line, "it has neither url nor target");
    };
    if OF_SITE.contains(&page) {
        return Item::Other;
    }
    let time = &object["time"];
    let views = match time {
        Value::Null => Some(0),
        Value::String(text) => text.parse().ok(),
        // Some have become fractions, as JavaScript's numbers do.
        time => time
            .as_i64()
            .or_else(|| time.as_f64().map(|time| time as i64)),
    };
    match views.filter(|views| *views >= 0) {
        Some(views) => Item::Row(NumberRow {
            page: page.to_owned(),
            title: object["title"].as_str().unwrap_or_default().to_owned(),
            views,
            at: None,
        }),
        None => damaged(
            line,
            format!("its time is {time}, which is no number of views"),
        ),
    }
}
