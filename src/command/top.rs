//! `viewtally top`: the posts with the most views, as a table or as JSON.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::time::Duration;

use serde::Serialize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::output::{print_error, print_line};
use super::pending_note::PendingNote;
use super::status::Status;
use crate::cli::TopFlags;
use crate::model::{ListQuery, Period, PostSummary, Sort};
use crate::store::{Store, StoreUrl, rankings};
use crate::{app, clock};

/// The width of the title column.
const TITLE_WIDTH: usize = 60;

#[derive(Serialize)]
struct Top {
    period: &'static str,
    items: Vec<PostSummary>,
}

/// The shortest time between two tables: each reads the posts anew.
const SHORTEST: Duration = Duration::from_millis(100);

/// Clears a terminal: the cursor to the first place, and all behind it blank (ECMA-48, CUP and ED).
const CLEAR: &str = "\x1b[H\x1b[J";

pub(super) fn run(url: &StoreUrl, flags: &TopFlags) -> anyhow::Result<Status> {
    let store = app::open_existing_store(url)?;
    let Some(pause) = flags.watch else {
        show(url, &*store, flags, "")?;
        return Ok(Status::Success);
    };
    let before = match std::io::stdout().is_terminal() && !flags.json {
        true => CLEAR,
        false => "",
    };
    // Until the user ends it.
    loop {
        show(url, &*store, flags, before)?;
        std::thread::sleep(pause.max(SHORTEST));
    }
}

/// Shows the posts once, after `before`.
fn show(url: &StoreUrl, store: &dyn Store, flags: &TopFlags, before: &str) -> anyhow::Result<()> {
    let items = match flags.period.since(clock::now()) {
        Some(since) => rankings::top(store, since, flags.limit)?,
        None => {
            let query = ListQuery {
                sort: Sort::Views,
                limit: flags.limit,
                ..ListQuery::default()
            };
            store.list(&query)?.items
        }
    };
    if let Some(note) = PendingNote::read(url, store)?
        && flags.watch.is_none()
    {
        print_error(format_args!("note: {note}"));
    }
    if flags.json {
        let period = Period::NAMES
            .into_iter()
            .find(|(_, period)| *period == flags.period);
        let top = Top {
            period: period.map_or("all", |(name, _)| name),
            items,
        };
        print_line(format_args!("{}", serde_json::to_string(&top)?));
    } else {
        print_line(format_args!("{before}{}", table(&items).trim_end()));
    }
    Ok(())
}

fn table(items: &[PostSummary]) -> String {
    if items.is_empty() {
        return "no posts yet; try viewtally import posts PATH\n".to_owned();
    }
    let number_width = items
        .iter()
        .map(|item| item.views.to_string().len())
        .max()
        .unwrap_or(0)
        .max(5);
    let title_width = items
        .iter()
        .map(|item| item.title.width())
        .max()
        .unwrap_or(0)
        .clamp(5, TITLE_WIDTH);
    let mut text = format!(
        "{:>number_width$}  {}  SLUG\n",
        "VIEWS",
        pad("TITLE", title_width)
    );
    for item in items {
        let title = pad(&shorten(&item.title, title_width), title_width);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:>number_width$}  {title}  {}",
            item.views, item.slug
        );
    }
    text
}

/// Truncates to a display width; Hangul and Kana have width 2.
fn shorten(text: &str, columns: usize) -> String {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if clean.width() <= columns {
        return clean;
    }
    let mut used = 1;
    let mut short: String = clean
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .collect();
    short.push('…');
    short
}

fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TimestampMs;

    #[test]
    fn wide_letters_keep_the_columns_straight() {
        let item = |title: &str, views| PostSummary {
            id: 1,
            slug: "s".to_owned(),
            title: title.to_owned(),
            summary: String::new(),
            tags: Vec::new(),
            published_at: TimestampMs(0),
            updated_at: TimestampMs(0),
            views,
            viewers: 0,
        };
        let long = "가".repeat(50);
        let text = table(&[item("한글", 1_234_567), item(&long, 2)]);
        let columns: Vec<usize> = text
            .lines()
            .map(|line| line.rsplit_once("  ").map_or(0, |(left, _)| left.width()))
            .collect();
        assert!(columns.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
        assert!(text.contains("…"));
    }

    #[test]
    fn no_posts_say_what_to_try() {
        assert!(table(&[]).contains("import posts"));
    }
}
