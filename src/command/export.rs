//! `viewtally export`: everything as JSON Lines, or each post's numbers as CSV.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::{print_error, print_line};
use super::partial_file::PartialFile;
use super::pending_note::PendingNote;
use super::status::Status;
use crate::app;
use crate::cli::{ExportFlags, ExportFormat};
use crate::store::{RowSink, Store, StoreError, StoreUrl};

/// Rows between two updates of the progress bar.
const STEP: u64 = 10_000;

pub(super) fn run(url: &StoreUrl, flags: &ExportFlags) -> anyhow::Result<Status> {
    let store = app::open_existing_store(url)?;
    if let Some(note) = PendingNote::read(url, &*store)? {
        print_error(format_args!("note: {note}"));
    }
    let Some(path) = &flags.output else {
        write(&*store, flags.format, &mut io::stdout().lock()).context("cannot export")?;
        return Ok(Status::Success);
    };
    let part = PartialFile::new(path);
    let written = (|| {
        let mut file = File::create(part.partial())?;
        let rows = write(&*store, flags.format, &mut file)?;
        part.keep()?;
        anyhow::Ok(rows)
    })();
    let rows = written.with_context(|| format!("cannot export to {}", path.display()))?;
    print_line(format_args!("exported {rows} rows to {}", path.display()));
    Ok(Status::Success)
}

/// Writes all rows and returns how many.
fn write(store: &dyn Store, format: ExportFormat, out: &mut dyn Write) -> anyhow::Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 16, out);
    let rows = match format {
        ExportFormat::Jsonl => each(
            |take| store.export(take),
            |record| {
                serde_json::to_writer(&mut out, &record)?;
                out.write_all(b"\n")
            },
        )?,
        ExportFormat::Csv => {
            let mut table = csv::Writer::from_writer(&mut out);
            let rows = each(
                |take| store.numbers(take),
                |row| table.serialize(row).map_err(io::Error::other),
            )?;
            table.flush()?;
            rows
        }
    };
    out.flush()?;
    Ok(rows)
}

/// Writes each row, until writing fails.
fn each<T>(
    read: impl FnOnce(RowSink<'_, T>) -> Result<(), StoreError>,
    mut write: impl FnMut(T) -> io::Result<()>,
) -> anyhow::Result<u64> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{spinner} {pos} rows, {per_sec}, {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let (mut rows, mut written) = (0, Ok(()));
    read(&mut |row| {
        rows += 1;
        if rows % STEP == 0 {
            bar.set_position(rows);
        }
        written = write(row);
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    bar.finish_and_clear();
    written?;
    Ok(rows)
}
