//! Plausible: `imported_pages_*.csv`, a page's views of a day a row. Which hours they were in is not said: they are filed at
//! noon.

use std::io::{self, BufRead};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::csv_rows::{self, Header};
use super::row::{Item, Items, NumberRow};
use crate::model::time::HOUR;

struct Columns {
    date: usize,
    hostname: Option<usize>,
    page: usize,
    pageviews: usize,
}

/// Reads an export.
///
/// # Errors
/// Those of reading.
pub fn read(reader: impl BufRead, items: Items<'_>) -> io::Result<()> {
    let columns = |header: &Header| {
        let find = |name: &str| {
            let found = header.find(name);
            found.ok_or_else(|| format!("it has no column {name}, as imported_pages_….csv has"))
        };
        Ok(Columns {
            date: find("date")?,
            hostname: header.find("hostname"),
            page: find("page")?,
            pageviews: find("pageviews")?,
        })
    };
    csv_rows::read(reader, items, columns, |columns, cells| {
        let cell = |at: usize| cells.get(at).unwrap_or_default().trim();
        let date: Date = cell(columns.date)
            .parse()
            .map_err(|_| format!("{:?} is no day such as 2026-01-31", cell(columns.date)))?;
        let start = date
            .to_zoned(TimeZone::UTC)
            .map_err(|error| error.to_string())?;
        let views = cell(columns.pageviews)
            .parse()
            .ok()
            .filter(|views| *views >= 0);
        let views: i64 =
            views.ok_or_else(|| format!("{:?} is no number of views", cell(columns.pageviews)))?;
        let (host, page) = (columns.hostname.map_or("", cell), cell(columns.page));
        if !page.starts_with('/') {
            return Err(format!("{page:?} is no path of a page"));
        }
        Ok(Item::Row(NumberRow {
            page: match host {
                "" => page.to_owned(),
                host => format!("https://{host}{page}"),
            },
            title: String::new(),
            views,
            at: Some(start.timestamp().as_millisecond() + 12 * HOUR),
        }))
    })
}
