//! `viewtally backup`: a consistent copy of the store, while the server runs.

use std::path::Path;

use anyhow::{Context, bail};

use super::output::{print_error, print_line};
use super::partial_file::PartialFile;
use super::pending_note::PendingNote;
use super::retry::retry_while_busy;
use super::status::Status;
use crate::app;
use crate::store::{self, StoreUrl};

pub(super) fn run(url: &StoreUrl, file: &Path) -> anyhow::Result<Status> {
    let Some(database) = url.file() else {
        bail!("{url} is no file to be copied; try viewtally export, or the database's own tools");
    };
    if file.exists() {
        bail!(
            "{} exists and is not overwritten; choose another name, or delete it",
            file.display()
        );
    }
    let store = app::open_existing_store(url)?;
    if let Some(note) = PendingNote::read(url, &*store)? {
        print_error(format_args!("note: {note}"));
    }
    let backup = PartialFile::new(file);
    let written = (|| {
        // What a backup that was killed has left.
        if backup.partial().exists() {
            std::fs::remove_file(backup.partial())?;
        }
        retry_while_busy(|| store::copy(url, backup.partial()))?;
        backup.keep()?;
        anyhow::Ok(())
    })();
    written.with_context(|| {
        format!(
            "cannot back {} up to {}",
            database.display(),
            file.display()
        )
    })?;
    print_line(format_args!(
        "backed up to {}; to restore, stop the server and put it in the place of {}, without the files -wal and -shm beside that",
        file.display(),
        database.display()
    ));
    Ok(Status::Success)
}
