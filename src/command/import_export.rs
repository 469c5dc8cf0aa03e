//! `viewtally import export`: imports what `export` wrote, completely or not at all.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::print_line;
use super::status::Status;
use crate::app;
use crate::model::Record;
use crate::store::{StoreOptions, StoreUrl};

pub(super) fn run(url: &StoreUrl, path: &Path) -> anyhow::Result<Status> {
    let file = path.display();
    let (input, size): (Box<dyn Read>, Option<u64>) = if path == Path::new("-") {
        (Box::new(io::stdin()), None)
    } else {
        let opened = File::open(path).with_context(|| format!("cannot open {file}"))?;
        let size = opened.metadata().ok().map(|metadata| metadata.len());
        (Box::new(opened), size)
    };
    let store = app::open_store(url, StoreOptions::default())?;
    let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{msg} {bar:30} {bytes}, {bytes_per_sec}, {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut lines = BufReader::with_capacity(1 << 16, bar.wrap_read(input));
    let (mut number, mut text, mut wrong) = (0_u64, Vec::new(), None);
    // A malformed line, or one with a number that cannot be, ends the records. The import then lacks the last record and is rolled back.
    let mut records = std::iter::from_fn(|| {
        text.clear();
        number += 1;
        match lines.read_until(b'\n', &mut text) {
            Ok(0) => None,
            Ok(_) => match serde_json::from_slice::<Record>(&text) {
                Ok(record) => match record.check() {
                    Ok(()) => Some(record),
                    Err(error) => {
                        wrong = Some(format!(
                            "{file}:{number}: {error}; try viewtally check --repair where it was exported, and export again"
                        ));
                        None
                    }
                },
                Err(error) => {
                    wrong = Some(format!(
                        "{file}:{number}: is not a line of an export: {error}"
                    ));
                    None
                }
            },
            Err(error) => {
                wrong = Some(format!("cannot read {file}: {error}"));
                None
            }
        }
    });
    let restored = store.restore(&mut records);
    bar.finish_and_clear();
    if let Some(wrong) = wrong {
        bail!("{wrong}; nothing was imported");
    }
    let rows = restored.with_context(|| format!("cannot import {file}"))?;
    print_line(format_args!("imported {rows} rows from {file}"));
    Ok(Status::Success)
}
