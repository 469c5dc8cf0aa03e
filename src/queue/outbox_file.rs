//! What waits to be sent, in files: the messages of a batch, and which events of which journals were taken over so far.
//!
//! A batch's file has its places in the journal, so the journal need not keep its events any longer. When its messages are
//! accepted, its places are first noted in the file of their run and then it is removed: at every moment each event is in the
//! journal, in one batch's file, or noted as accepted. Several processes may use the folder at once, as when one takes another's
//! place: each writes its own files only, and reads everybody's.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::engine::Outgoing;
use super::message::checksum;
use crate::model::{Journaled, Positions, RunId};

const MAGIC: &[u8; 4] = b"vto1";

/// How long a file may be unfinished: another process may be writing it.
const UNFINISHED_KEPT: Duration = Duration::from_secs(600);

/// The messages of a batch.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct BatchContent {
    /// The database that it is for.
    pub(super) database: i64,
    /// How many events it holds.
    pub(super) events: u64,
    /// Their places in journals.
    pub(super) journaled: Journaled,
    /// What is sent.
    pub(super) messages: Vec<Outgoing>,
}

/// What a queue has taken of a run's journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TakenOver {
    /// The places of its events.
    pub(super) positions: Positions,
    /// How many views the run dropped, as far as messages tell it.
    pub(super) dropped: u64,
}

/// The folder of what waits. Each process that writes to it owns its files: their names begin with a number of its own, for which
/// it holds a lock while it lives.
#[derive(Debug)]
pub(super) struct OutboxFolder {
    path: PathBuf,
    /// Whether batches survive the loss of power.
    sync: bool,
    owner: u64,
    /// Held while the process lives: of its own number, and of those that it has taken over.
    locks: Mutex<Vec<File>>,
}

impl OutboxFolder {
    /// That beside the file that `files` names. It is made when something has to wait.
    pub(super) fn of(files: &Path, sync: bool) -> OutboxFolder {
        let mut name = files.file_name().unwrap_or_default().to_owned();
        name.push(".queue");
        OutboxFolder {
            path: files.with_file_name(name),
            sync,
            owner: fastrand::u64(..),
            locks: Mutex::default(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file of the batch whose first message has this id.
    pub(super) fn batch(&self, id: u128) -> PathBuf {
        self.path
            .join(format!("{:016x}-{id:032x}.messages", self.owner))
    }

    /// What a run's journal has given over to this process.
    pub(super) fn run(&self, run: RunId) -> PathBuf {
        self.path
            .join(format!("{:016x}-{:016x}.taken", run.0, self.owner))
    }

    /// The files of batches of all processes, oldest first.
    pub(super) fn batches(&self) -> io::Result<Vec<PathBuf>> {
        let mut batches = self.list("messages")?;
        batches.sort_by_key(|path| second(path));
        Ok(batches)
    }

    /// The runs that have given something over.
    pub(super) fn runs(&self) -> io::Result<Vec<RunId>> {
        let taken = self.list("taken")?;
        Ok(taken.iter().filter_map(|path| run_of(path)).collect())
    }

    /// What a run's journal has given over, to whichever process.
    pub(super) fn taken_over(&self, run: RunId) -> io::Result<TakenOver> {
        let mut all = TakenOver::default();
        for path in self.list("taken")? {
            if run_of(&path) != Some(run) {
                continue;
            }
            let taken = OutboxFolder::read::<TakenOver>(&path).map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!(
                        "{} cannot be read ({error}): it says which views of an earlier run went on the queue; move it away to have \
                         all views count that the journal still has of that run, some of them perhaps twice",
                        path.display()
                    ),
                )
            })?;
            if let Some(taken) = taken {
                all.positions.extend(&taken.positions);
                all.dropped = all.dropped.max(taken.dropped);
            }
        }
        Ok(all)
    }

    /// Forgets what a run has given over.
    pub(super) fn forget(&self, run: RunId) -> io::Result<()> {
        for path in self.list("taken")? {
            if run_of(&path) == Some(run) {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// Takes over the files of processes that have ended. Returns the numbers of those that live.
    pub(super) fn take_over(&self) -> io::Result<BTreeSet<String>> {
        let mut living = BTreeSet::new();
        let mut owners: BTreeSet<String> = self
            .list("owner")?
            .iter()
            .filter_map(|path| first(path))
            .collect();
        owners.extend(self.batches()?.iter().filter_map(|path| first(path)));
        for owner in owners {
            let path = self.path.join(format!("{owner}.owner"));
            let lock = open(&path)?;
            match lock.try_lock() {
                Ok(()) => self.locks().push(lock),
                Err(TryLockError::WouldBlock) => {
                    living.insert(owner);
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(living)
    }

    /// Removes the locks of processes that have ended and left nothing.
    pub(super) fn remove_owners(&self, living: &BTreeSet<String>) -> io::Result<()> {
        let with_files: BTreeSet<String> = self
            .batches()?
            .iter()
            .filter_map(|path| first(path))
            .collect();
        for path in self.list("owner")? {
            let is_left = first(&path).is_some_and(|owner| {
                !living.contains(&owner) && !with_files.contains(&owner) && owner != self.name()
            });
            if is_left {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// Removes what was never wholly written: by a process that has ended, for it is old.
    pub(super) fn remove_unfinished(&self) -> io::Result<()> {
        for path in self.list("tmp")? {
            let age = fs::metadata(&path).and_then(|metadata| metadata.modified());
            if age.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > UNFINISHED_KEPT)) {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// The number of the process that a file belongs to.
    pub(super) fn owner_of(path: &Path) -> Option<String> {
        first(path)
    }

    fn name(&self) -> String {
        format!("{:016x}", self.owner)
    }

    /// Makes the folder, and locks this process's own number.
    fn claim(&self) -> io::Result<()> {
        let own = self.path.join(format!("{}.owner", self.name()));
        if own.exists() {
            return Ok(());
        }
        fs::create_dir_all(&self.path)?;
        let lock = open(&own)?;
        lock.try_lock()
            .map_err(|error| io::Error::other(error.to_string()))?;
        self.locks().push(lock);
        Ok(())
    }

    fn locks(&self) -> MutexGuard<'_, Vec<File>> {
        self.locks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn list(&self, extension: &str) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|is| is == extension) {
                paths.push(path);
            }
        }
        Ok(paths)
    }

    /// Writes a file, which is there whole when this returns, or not at all.
    pub(super) fn write<T: Serialize>(&self, path: &Path, content: &T) -> io::Result<()> {
        self.write_as(path, content, self.sync)
    }

    /// As [`OutboxFolder::write`], of what survives the loss of power whatever batches do: nobody can tell without it.
    pub(super) fn write_synced<T: Serialize>(&self, path: &Path, content: &T) -> io::Result<()> {
        self.write_as(path, content, true)
    }

    fn write_as<T: Serialize>(&self, path: &Path, content: &T, sync: bool) -> io::Result<()> {
        self.claim()?;
        let content = postcard::to_stdvec(content).map_err(io::Error::other)?;
        let temporary = path.with_extension("tmp");
        // Opened first: nothing may fail that could have been found out before the file has its name.
        let folder = File::open(&self.path)?;
        let written = (|| {
            // It has names of viewers.
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(&temporary)?;
            file.write_all(MAGIC)?;
            file.write_all(&checksum(&[], &content).to_le_bytes())?;
            file.write_all(&content)?;
            match sync {
                true => file.sync_all(),
                false => Ok(()),
            }
        })();
        if let Err(error) = written.and_then(|()| fs::rename(&temporary, path)) {
            // The error that matters is the one reported.
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
        if sync && let Err(error) = folder.sync_all() {
            // As if it had never been: its owner writes it again, perhaps with more in it.
            remove(path)?;
            return Err(error);
        }
        Ok(())
    }

    /// Reads a file; `None` where there is none.
    ///
    /// # Errors
    /// Those of the file system, and [`io::ErrorKind::InvalidData`] for a damaged file.
    pub(super) fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> io::Result<Option<T>> {
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        let content = bytes
            .strip_prefix(MAGIC)
            .and_then(|bytes| bytes.split_first_chunk::<8>())
            .filter(|(sum, content)| **sum == checksum(&[], content).to_le_bytes())
            .and_then(|(_, content)| postcard::from_bytes(content).ok());
        match content {
            Some(content) => Ok(Some(content)),
            None => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// Opens a lock's file.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options.open(path)
}

/// Removes a file that may be gone already.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What a file's name begins with.
fn first(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    Some(stem.split('-').next()?.to_owned())
}

/// What follows in it.
fn second(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    Some(stem.split_once('-')?.1.to_owned())
}

fn run_of(path: &Path) -> Option<RunId> {
    let run = u64::from_str_radix(&first(path)?, 16).ok()?;
    Some(RunId(run.cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_comes_back_and_damage_is_seen() {
        let home = tempfile::tempdir().unwrap();
        let folder = OutboxFolder::of(&home.path().join("a.db"), true);
        assert!(
            folder.batches().unwrap().is_empty(),
            "there is no folder yet"
        );
        let mut taken = TakenOver::default();
        taken.positions.insert(3..9);
        let path = folder.run(RunId(-1));
        folder.write(&path, &taken).unwrap();
        assert_eq!(folder.runs().unwrap(), [RunId(-1)]);
        assert_eq!(folder.taken_over(RunId(-1)).unwrap(), taken);
        assert_eq!(OutboxFolder::read(&path).unwrap(), Some(taken));
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            fs::write(&path, damaged).unwrap();
            let error = OutboxFolder::read::<TakenOver>(&path).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "byte {at}");
        }
        let missing = OutboxFolder::read::<TakenOver>(&folder.run(RunId(2))).unwrap();
        assert_eq!(missing, None);
    }
}
