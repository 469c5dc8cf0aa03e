//! The folder beside a database in which its journals lie, and the names of their files.
//!
//! Each begins with its run: `RUN.run` is locked while the run lives, and counts what it had to drop; `RUN-N.segment` has
//! events, `RUN-N.batch` a counter's batch.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::error::JournalError;
use crate::model::RunId;

/// What a file of a journal holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// What is locked while the run lives.
    Run,
    /// Events.
    Segment,
    /// A counter's batch.
    Batch,
    /// A batch that was never wholly written.
    Unfinished,
}

const KINDS: [FileKind; 4] = [
    FileKind::Batch,
    FileKind::Segment,
    FileKind::Unfinished,
    FileKind::Run,
];

impl FileKind {
    fn extension(self) -> &'static str {
        match self {
            FileKind::Run => "run",
            FileKind::Segment => "segment",
            FileKind::Batch => "batch",
            FileKind::Unfinished => "tmp",
        }
    }
}

/// The folder of a database's journals.
#[derive(Clone, Debug)]
pub struct JournalFolder {
    path: PathBuf,
    /// The database, as its files name it.
    pub(super) database: i64,
}

impl JournalFolder {
    /// That of the database in the file `file`, which calls itself `database`.
    pub fn of(file: &Path, database: i64) -> JournalFolder {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        // Not "-journal", which is SQLite's own.
        name.push(".journal");
        JournalFolder {
            path: file.with_file_name(name),
            database,
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder if it is missing.
    pub(super) fn create(&self) -> Result<(), JournalError> {
        fs::create_dir_all(&self.path).map_err(|error| self.error(error))
    }

    /// A file of a run.
    pub fn file(&self, run: RunId, kind: FileKind, number: u64) -> PathBuf {
        let name = match kind {
            FileKind::Run => format!("{:016x}.run", run.0),
            _ => format!("{:016x}-{number}.{}", run.0, kind.extension()),
        };
        self.path.join(name)
    }

    /// The runs that have files here.
    pub(super) fn runs(&self) -> Result<BTreeSet<RunId>, JournalError> {
        let files = self.list()?;
        Ok(files.into_iter().map(|(run, _, _)| run).collect())
    }

    /// The files of a run of one kind, by name.
    pub(super) fn files_of(
        &self,
        run: RunId,
        kind: FileKind,
    ) -> Result<Vec<PathBuf>, JournalError> {
        let files = self.list()?.into_iter();
        let mut paths: Vec<PathBuf> = files
            .filter(|(of, is, _)| (*of, *is) == (run, kind))
            .map(|(_, _, path)| path)
            .collect();
        paths.sort();
        Ok(paths)
    }

    /// Every file of a journal. What is no such file is left alone.
    fn list(&self) -> Result<Vec<(RunId, FileKind, PathBuf)>, JournalError> {
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| self.error(error))?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| self.error(error))?.path();
            files.extend(parse(&path).map(|(run, kind)| (run, kind, path)));
        }
        Ok(files)
    }

    /// Locks a run, until the file is closed. `None` if it is locked: the run lives.
    pub(super) fn lock(&self, run: RunId) -> Result<Option<File>, JournalError> {
        let path = self.file(run, FileKind::Run, 0);
        let file = open(&path).map_err(|error| JournalError::File {
            path: path.clone(),
            error,
        })?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(JournalError::File { path, error }),
        }
    }

    /// Whether a run lives.
    pub(super) fn is_locked(&self, run: RunId) -> Result<bool, JournalError> {
        let path = self.file(run, FileKind::Run, 0);
        let locked = match File::open(&path).map(|file| file.try_lock_shared()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) | Ok(Err(TryLockError::Error(error))) => Err(error),
            Ok(Ok(())) => Ok(false),
            Ok(Err(TryLockError::WouldBlock)) => Ok(true),
        };
        locked.map_err(|error| JournalError::File { path, error })
    }

    /// Removes all files of a run.
    pub(super) fn remove(&self, run: RunId) -> Result<(), JournalError> {
        let files = self.list()?;
        // The file that is locked at last: as long as it is there, the run has an owner.
        for kind in KINDS {
            let of_kind = files.iter().filter(|(of, is, _)| (*of, *is) == (run, kind));
            for (_, _, path) in of_kind {
                fs::remove_file(path).map_err(|error| JournalError::File {
                    path: path.clone(),
                    error,
                })?;
            }
        }
        Ok(())
    }

    /// Has names that were added or removed stored.
    pub(super) fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    pub(super) fn error(&self, error: io::Error) -> JournalError {
        JournalError::File {
            path: self.path.clone(),
            error,
        }
    }
}

/// Opens a file that only its owner may read: it has names of viewers.
pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn parse(path: &Path) -> Option<(RunId, FileKind)> {
    let (stem, extension) = (path.file_stem()?.to_str()?, path.extension()?.to_str()?);
    let kind = KINDS
        .into_iter()
        .find(|kind| kind.extension() == extension)?;
    let run = match kind {
        FileKind::Run => stem,
        _ => stem.split_once('-')?.0,
    };
    let run = u64::from_str_radix(run, 16)
        .ok()
        .filter(|_| run.len() == 16)?;
    Some((RunId(run as i64), kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_their_run_and_strangers_are_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let folder = JournalFolder::of(&home.path().join("a.db"), 1);
        assert!(folder.runs().unwrap().is_empty(), "there is no folder yet");
        folder.create().unwrap();
        let run = RunId(-2);
        let lock = folder.lock(run).unwrap().expect("nobody has it");
        for path in [
            folder.file(run, FileKind::Segment, 3),
            folder.file(run, FileKind::Batch, 0),
        ] {
            fs::write(path, "").unwrap();
        }
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        assert_eq!(folder.runs().unwrap(), BTreeSet::from([run]));
        assert_eq!(folder.files_of(run, FileKind::Segment).unwrap().len(), 1);
        assert!(folder.lock(run).unwrap().is_none());
        drop(lock);
        assert!(folder.lock(run).unwrap().is_some());
        folder.remove(run).unwrap();
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}
