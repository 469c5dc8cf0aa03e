//! `viewtally import counts`: numbers from another system, each kept as a correction with its reason.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::Context;
use csv::{ReaderBuilder, StringRecord, Trim};
use unicode_normalization::UnicodeNormalization;

use super::output::{print_error, print_line};
use super::retry::retry_while_busy;
use super::status::Status;
use crate::cli::CountsFlags;
use crate::model::PostKey;
use crate::store::{MAX_NUMBER, Store, StoreError, StoreOptions, StoreUrl};
use crate::{app, clock};

/// The index of each column.
struct Columns {
    key: usize,
    views: usize,
    viewers: Option<usize>,
}

/// The columns of a file without a header line.
const PLAIN: Columns = Columns {
    key: 0,
    views: 1,
    viewers: Some(2),
};

pub(super) fn run(url: &StoreUrl, flags: &CountsFlags) -> anyhow::Result<Status> {
    let file = flags.file.display();
    let input: Box<dyn Read> = if flags.file == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(&flags.file).with_context(|| format!("cannot open {file}"))?)
    };
    let store = app::open_store(url, StoreOptions::default())?;
    let reason = match &flags.reason {
        Some(reason) => reason.clone(),
        None => format!("imported from {file}"),
    };
    let mut lines = BufReader::new(input);
    let (mut columns, mut set, mut failed) = (None, 0_u64, 0_u64);
    let (mut number, mut line) = (0_u64, Vec::new());
    loop {
        line.clear();
        let read = lines.read_until(b'\n', &mut line);
        if read.with_context(|| format!("cannot read {file}"))? == 0 {
            break;
        }
        number += 1;
        let done = match cells(&line) {
            Ok(None) => continue,
            Ok(Some(row)) => match &columns {
                Some(columns) => set_one(&*store, &row, columns, &reason),
                None => match header(&row) {
                    Some(found) => {
                        columns = Some(found);
                        continue;
                    }
                    None => set_one(&*store, &row, columns.insert(PLAIN), &reason),
                },
            },
            Err(wrong) => Err(wrong),
        };
        match done {
            Ok(()) => set += 1,
            Err(LineError::Line(why)) => {
                failed += 1;
                print_error(format_args!("{file}:{number}: {why}"));
            }
            Err(LineError::Store(error)) => {
                return Err(error).with_context(|| format!("cannot keep {file}:{number}"));
            }
        }
    }
    print_line(format_args!("numbers: {set} set, {failed} failed"));
    Ok(Status::of_failures(failed))
}

/// The cells of a line; `None` for a blank one. Each line is parsed alone, as neither a key nor a number spans two lines:
/// an unclosed quote affects one line only.
fn cells(line: &[u8]) -> Result<Option<StringRecord>, LineError> {
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let mut rows = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .buffer_capacity(256)
        .from_reader(line);
    let mut row = StringRecord::new();
    match rows.read_record(&mut row) {
        Ok(_) => Ok(Some(row)),
        Err(_) => Err(LineError::Line(
            "it is not UTF-8; convert the file".to_owned(),
        )),
    }
}

/// Why a line was not imported.
enum LineError {
    Line(String),
    Store(StoreError),
}

impl From<StoreError> for LineError {
    fn from(error: StoreError) -> LineError {
        match error {
            StoreError::NoSuchPost => {
                LineError::Line("no such post; import or create it first".to_owned())
            }
            error => LineError::Store(error),
        }
    }
}

/// The columns, if this is a header line, as `export --format csv` writes.
fn header(row: &StringRecord) -> Option<Columns> {
    let find = |name: &str| row.iter().position(|cell| cell.eq_ignore_ascii_case(name));
    let views = find("views")?;
    let key = ["key", "slug", "post", "id"].into_iter().find_map(find)?;
    Some(Columns {
        key,
        views,
        viewers: find("viewers"),
    })
}

fn set_one(
    store: &dyn Store,
    row: &StringRecord,
    columns: &Columns,
    reason: &str,
) -> Result<(), LineError> {
    let cell = |at: usize| row.get(at).filter(|cell| !cell.is_empty());
    let key: String = cell(columns.key)
        .ok_or_else(|| LineError::Line("no key; write it like my-slug,1234".to_owned()))?
        .nfc()
        .collect();
    let views = cell(columns.views).ok_or_else(|| {
        LineError::Line(format!("no views for {key:?}; write it like my-slug,1234"))
    })?;
    let views = number("views", views)?;
    let viewers = match columns.viewers.and_then(cell) {
        Some(viewers) => Some(number("viewers", viewers)?),
        None => None,
    };
    let (post, _) =
        retry_while_busy(|| store.tally(PostKey::parse(&key)))?.ok_or(StoreError::NoSuchPost)?;
    retry_while_busy(|| store.correct(post.id, Some(views), viewers, reason, clock::now()))?;
    Ok(())
}

fn number(what: &str, text: &str) -> Result<i64, LineError> {
    let number = text
        .parse::<i64>()
        .ok()
        .filter(|number| (0..=MAX_NUMBER).contains(number));
    number.ok_or_else(|| {
        LineError::Line(format!(
            "{what} {text:?} is not a number from 0 to {MAX_NUMBER}, such as 1234"
        ))
    })
}
