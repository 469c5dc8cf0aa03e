//! What versions without a journal wrote to a file when the store did not take it: read, and applied once.
//!
//! The file is in the folder of the database and named after it. The transaction that applies it also stores its id, so
//! that a stop between that commit and the removal of the file applies nothing twice.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::StoreError;
use super::traits::Store;
use crate::model::{Batch, TimestampMs};

/// The format of such files.
const VERSION: u32 = 1;

#[derive(Deserialize)]
struct Spill {
    version: u32,
    id: String,
    batch: Batch,
}

/// Why a spilled batch could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file cannot be read or removed.
    #[error("cannot use the spill file {}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The store refused it.
    #[error("cannot apply the spill file {}: {error}", path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// What the store said.
        error: StoreError,
    },
}

/// Applies every spill file beside the database, each exactly once, and removes it. Returns the number of events.
///
/// # Errors
/// The first file that cannot be read, applied or removed; it stays for the next start.
pub fn replay(database: &Path, store: &dyn Store, now: TimestampMs) -> Result<u64, ReplayError> {
    let mut events = 0;
    let paths = find(database).map_err(|error| ReplayError::File {
        path: database.into(),
        error,
    })?;
    for path in paths {
        let file_error = |error| ReplayError::File {
            path: path.clone(),
            error,
        };
        let text = fs::read(&path).map_err(file_error)?;
        let spill: Spill =
            serde_json::from_slice(&text).map_err(|error| file_error(error.into()))?;
        if spill.version != VERSION {
            let error = io::Error::other(format!("its version {} is not known", spill.version));
            return Err(file_error(error));
        }
        let applied = store
            .replay(&spill.id, &spill.batch, now)
            .map_err(|error| ReplayError::Store {
                path: path.clone(),
                error,
            })?;
        if applied.is_some() {
            events += spill.batch.events();
        }
        match fs::remove_file(&path) {
            // Another server that starts on the same store has removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed.map_err(file_error)?,
        }
    }
    Ok(events)
}

fn find(database: &Path) -> io::Result<Vec<PathBuf>> {
    let prefix = sibling(database, "");
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder_of(database)?)? {
        let path = entry?.path();
        let is_spill = path
            .file_name()
            .zip(prefix.file_name())
            .is_some_and(|(name, prefix)| {
                name.as_encoded_bytes()
                    .starts_with(prefix.as_encoded_bytes())
            });
        if is_spill
            && path
                .extension()
                .is_some_and(|extension| extension == "json")
        {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn sibling(database: &Path, end: &str) -> PathBuf {
    let mut name = database.file_name().unwrap_or_default().to_owned();
    name.push(format!(".spill-{end}"));
    database.with_file_name(name)
}

fn folder_of(database: &Path) -> io::Result<PathBuf> {
    match database.parent() {
        Some(folder) if folder != Path::new("") => Ok(folder.to_owned()),
        _ => Ok(PathBuf::from(".")),
    }
}
