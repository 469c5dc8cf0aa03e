//! GoatCounter: an archive with a page's views of an hour a line, or the older CSV file with a visit a line, gzipped or not.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::archive::Archive;
use super::csv_rows::{self, Header};
use super::lines::Lines;
use super::row::{Item, Items, NumberRow};

/// The file of an archive that says which pages there are.
const PATHS: &str = "paths.jsonl";
/// The file with their views.
const STATS: &str = "hit_stats.jsonl";

#[derive(Deserialize)]
struct PathLine {
    id: i64,
    path: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    event: bool,
}

#[derive(Deserialize)]
struct StatsLine {
    hour: String,
    path_id: i64,
    count: i64,
}

/// Reads an archive.
///
/// # Errors
/// Those of reading, and of an archive that is none.
pub fn read_archive(archive: &mut Archive, items: Items<'_>) -> io::Result<()> {
    let mut paths: HashMap<i64, PathLine> = HashMap::new();
    each_line(archive, PATHS, |line| match line {
        Ok(path) => {
            let path: PathLine = path;
            paths.insert(path.id, path);
        }
        Err(damaged) => items(damaged),
    })?;
    each_line(archive, STATS, |line| {
        items(match line {
            Ok((
                StatsLine {
                    hour,
                    path_id,
                    count,
                },
                number,
            )) => of_hour(paths.get(&path_id), &hour, count).unwrap_or_else(|why| Item::Damaged {
                part: STATS,
                line: number,
                why,
            }),
            Err(damaged) => damaged,
        });
    })
}

fn of_hour(path: Option<&PathLine>, hour: &str, count: i64) -> Result<Item, String> {
    let path = path.ok_or("its page is not in paths.jsonl")?;
    let at = time(hour)?;
    if count < 0 {
        return Err(format!("{count} is no number of views"));
    }
    if path.event {
        return Ok(Item::Other);
    }
    Ok(Item::Row(NumberRow {
        page: path.path.clone(),
        title: path.title.clone(),
        views: count,
        at: Some(at),
    }))
}

/// What a line of a file is read as.
trait FromLine: Sized {
    fn from_line(text: &[u8], number: u64) -> serde_json::Result<Self>;
}

impl FromLine for PathLine {
    fn from_line(text: &[u8], _: u64) -> serde_json::Result<PathLine> {
        serde_json::from_slice(text)
    }
}

impl FromLine for (StatsLine, u64) {
    fn from_line(text: &[u8], number: u64) -> serde_json::Result<(StatsLine, u64)> {
        Ok((serde_json::from_slice(text)?, number))
    }
}

fn each_line<T: FromLine>(
    archive: &mut Archive,
    part: &'static str,
    mut take: impl FnMut(Result<T, Item>),
) -> io::Result<()> {
    let mut lines = Lines::new(BufReader::new(archive.open(part)?));
    while let Some(line) = lines.next()? {
        if line.text.is_empty() {
            continue;
        }
        take(
            T::from_line(line.text, line.number).map_err(|error| Item::Damaged {
                part,
                line: line.number,
                why: format!("it is not as it should be: {error}"),
            }),
        );
    }
    Ok(())
}

struct Columns {
    path: usize,
    title: Option<usize>,
    event: Option<usize>,
    bot: Option<usize>,
    date: usize,
    /// Cells that a row has before those which the header names.
    shift: usize,
}

/// Reads a CSV file.
///
/// # Errors
/// Those of reading.
pub fn read_csv(reader: impl BufRead, items: Items<'_>) -> io::Result<()> {
    let columns = |header: &Header| {
        // The format's version stands before the first name, with or without a comma.
        let name = header
            .first()
            .trim_start_matches(|c: char| c.is_ascii_digit());
        let path = match name.eq_ignore_ascii_case("path") {
            true => Some(0),
            false => header.find("path"),
        };
        let why = || "it has no columns Path and Date, as exports of GoatCounter have".to_owned();
        Ok(Columns {
            path: path.ok_or_else(why)?,
            title: header.find("title"),
            event: header.find("event"),
            bot: header.find("bot"),
            date: header.find("date").ok_or_else(why)?,
            shift: usize::from(name.is_empty()),
        })
    };
    csv_rows::read(reader, items, columns, |columns, cells| {
        // Where the version is a column of the header, it is none of the rows.
        let shift = usize::from(columns.shift == 1 && cells.len() == columns.date);
        let cell = |at: usize| cells.get(at - shift).unwrap_or_default().trim();
        let at = time(cell(columns.date))?;
        let path = cell(columns.path);
        if path.is_empty() {
            return Err("it has no path".to_owned());
        }
        let is_set = |column: Option<usize>| column.map_or("", cell);
        let is_event = ["true", "1"].contains(&is_set(columns.event));
        if is_event || !matches!(is_set(columns.bot), "" | "0" | "false") {
            return Ok(Item::Other);
        }
        Ok(Item::Row(NumberRow {
            page: match path.starts_with('/') || path.contains("//") {
                true => path.to_owned(),
                false => format!("/{path}"),
            },
            title: columns.title.map_or("", cell).to_owned(),
            views: 1,
            at: Some(at),
        }))
    })
}

/// A time in RFC 3339, or as databases write it, which is UTC.
fn time(text: &str) -> Result<i64, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_millisecond());
    }
    let local = text.parse::<DateTime>().ok();
    let time = local.and_then(|local| local.to_zoned(TimeZone::UTC).ok());
    let time = time.ok_or_else(|| format!("{text:?} is no time such as 2026-01-31T12:00:00Z"))?;
    Ok(time.timestamp().as_millisecond())
}
