//! The database file: whether its path still leads to the file that was opened.
//!
//! A file that is deleted or replaced stays open, and SQLite would go on writing to it: what is written then is gone, or
//! its write-ahead log, which is found by the path, is applied to the file that has taken its place.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::store::error::StoreError;

/// What means something else in a URI.
const NOT_IN_PATH: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

/// A database file that is open, as the file system knows it.
#[derive(Debug)]
pub struct DatabaseFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl DatabaseFile {
    /// The file that is at `path` now; `None` if there is none, as where SQLite reads the path as something else.
    pub fn at(path: &Path) -> Option<DatabaseFile> {
        let found = fs::metadata(path).ok()?;
        Some(DatabaseFile {
            path: path.to_owned(),
            device: found.dev(),
            inode: found.ino(),
        })
    }

    /// Opens the file if it exists, and makes none.
    pub fn url(&self) -> String {
        let path = self.path.to_string_lossy();
        format!("file:{}?mode=rw", utf8_percent_encode(&path, NOT_IN_PATH))
    }

    /// Compares what the path leads to with the file that was opened.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it is gone, or another one.
    pub fn check(&self) -> Result<(), StoreError> {
        match fs::metadata(&self.path) {
            Ok(found) if (found.dev(), found.ino()) == (self.device, self.inode) => Ok(()),
            _ => Err(StoreError::Unavailable(format!(
                "{} was deleted or replaced under the running server; nothing is written until it is back or the server is started anew",
                self.path.display()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_what_it_is_and_not_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("50%?#.db");
        assert!(DatabaseFile::at(&path).is_none());
        fs::write(&path, "one").unwrap();
        let file = DatabaseFile::at(&path).unwrap();
        assert!(file.check().is_ok());
        assert!(
            file.url().ends_with("50%25%3F%23.db?mode=rw"),
            "{}",
            file.url()
        );
        let other = folder.path().join("other");
        fs::write(&other, "one").unwrap();
        fs::rename(&path, folder.path().join("moved")).unwrap();
        assert!(file.check().is_err(), "it is gone");
        fs::rename(&other, &path).unwrap();
        assert!(file.check().is_err(), "it is another one");
        fs::rename(folder.path().join("moved"), &path).unwrap();
        assert!(file.check().is_ok(), "it is back");
    }
}
