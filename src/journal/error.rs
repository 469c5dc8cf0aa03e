//! Why a journal cannot be used.

use std::io;
use std::path::PathBuf;

use crate::sink::SinkError;

/// Why a journal cannot be used, or not be recovered.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file or the folder cannot be used.
    #[error("cannot use the journal {}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The store did not take what the journal holds.
    #[error("cannot count what the journal {} holds: {error}", folder.display())]
    Store {
        /// The journal.
        folder: PathBuf,
        /// What the store said.
        error: SinkError,
    },
}
