//! A file that is written under another name until it is complete: who finds it finds all of it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Removes what is written so far when dropped before it is [kept](PartialFile::keep).
#[derive(Debug)]
pub(super) struct PartialFile {
    path: PathBuf,
    partial: PathBuf,
}

impl PartialFile {
    /// Nothing yet of the file at `path`.
    pub(super) fn new(path: &Path) -> PartialFile {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        PartialFile {
            path: path.to_owned(),
            partial: path.with_file_name(name),
        }
    }

    /// Where to write it.
    pub(super) fn partial(&self) -> &Path {
        &self.partial
    }

    /// Gives it its name, once the disk has all of it.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn keep(self) -> io::Result<()> {
        File::open(&self.partial)?.sync_all()?;
        fs::rename(&self.partial, &self.path)
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        // It is gone if it was kept, and may never have been there.
        let _ = fs::remove_file(&self.partial);
    }
}
