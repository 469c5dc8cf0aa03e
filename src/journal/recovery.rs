//! What runs that have ended left behind: counted at the next start, each event once.
//!
//! The store knows which positions of a run are committed, from the same transactions that committed them. So recovery may
//! itself be killed at any time: the next one goes on from what is committed. Batches come first, the largest before the
//! others: one that was saved anew holds all of its earlier state, which is then known to be committed.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use super::batch_file::{self, BatchFile};
use super::error::JournalError;
use super::folder::{FileKind, JournalFolder};
use super::format::{self, BadHeader, HEADER, Header, SLOT, Slot};
use super::run_file::{self, RunCounts};
use super::segment::{base_of, read_words};
use crate::clock;
use crate::model::{Batch, FIRST_UNWRITTEN, Overlap, Positions, Reason, RunId, SITE, ViewEvent};
use crate::sink::{JournalSink, SinkError};

/// Entries of a batch that is committed while there is more: a moment's work for the store.
const BATCH_ENTRIES: usize = 50_000;

/// What a recovery found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Events counted, or put into the ledger.
    pub events: u64,
    /// Events that cannot be read any more.
    pub damaged: u64,
    /// Of the events, those that no segment had: they went with the process, and are in the ledger as dropped.
    pub unwritten: u64,
    /// Files that are left as they are, and why.
    pub left: Vec<(PathBuf, LeftBecause)>,
}

/// Why a file is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeftBecause {
    /// It is of another database, which may come back.
    #[error(
        "it is of another database, and not counted; start on that one to have it counted, or delete the file"
    )]
    OtherDatabase,
    /// It is of a later version of this program.
    #[error("it is of version {0}, and not counted; this program knows version 1, try a later one")]
    LaterVersion(u32),
    /// It is damaged.
    #[error("it is damaged, and not counted; delete the file if you do not need it")]
    Damaged,
    /// Its end is missing.
    #[error("its end is missing, the rest is counted; delete the file if you do not need it")]
    Cut,
}

/// What a run left behind.
struct DeadRun {
    run: RunId,
    /// Held until its files are removed.
    _lock: File,
    committed: Positions,
    /// Whether a file is left, so that nothing of the run is forgotten.
    leaves: bool,
}

/// Counts what ended runs left behind, and removes it. `progress` is told how many events were counted so far.
///
/// # Errors
/// Those of the file system and of the store; then the rest is there for the next try.
pub fn recover(
    folder: &JournalFolder,
    sink: &dyn JournalSink,
    progress: &mut dyn FnMut(u64),
) -> Result<Recovered, JournalError> {
    let store_error = |error| JournalError::Store {
        folder: folder.path().to_owned(),
        error,
    };
    let mut recovery = Recovery {
        folder,
        sink,
        progress,
        recovered: Recovered::default(),
        runs: BTreeMap::new(),
    };
    for run in folder.runs()? {
        if let Some(lock) = folder.lock(run)? {
            let committed = sink.committed(run).map_err(store_error)?;
            let dead = DeadRun {
                run,
                _lock: lock,
                committed,
                leaves: false,
            };
            recovery.runs.insert(run, dead);
        }
    }
    recovery.count_batches()?;
    let runs: Vec<RunId> = recovery.runs.keys().copied().collect();
    for &run in &runs {
        recovery.count_run(run)?;
    }
    for dead in recovery.runs.values().filter(|dead| !dead.leaves) {
        sink.close_run(dead.run).map_err(store_error)?;
        folder.remove(dead.run)?;
    }
    // Those that ended well. In this order: a run has files before the store knows of it.
    let known = sink.runs().map_err(store_error)?;
    let here = folder.runs()?;
    for run in known.into_iter().filter(|run| !here.contains(run)) {
        // Nothing depends on it: a store that is locked now is asked again at the next start.
        if let Err(error) = sink.close_run(run) {
            tracing::debug!(%error, "cannot close a run that ended well");
            break;
        }
    }
    Ok(recovery.recovered)
}

struct Recovery<'a> {
    folder: &'a JournalFolder,
    sink: &'a dyn JournalSink,
    progress: &'a mut dyn FnMut(u64),
    recovered: Recovered,
    runs: BTreeMap<RunId, DeadRun>,
}

impl Recovery<'_> {
    /// Counts the batches in files.
    fn count_batches(&mut self) -> Result<(), JournalError> {
        let mut batches = Vec::new();
        let runs: Vec<RunId> = self.runs.keys().copied().collect();
        for run in runs {
            for path in self.folder.files_of(run, FileKind::Batch)? {
                match batch_file::read(&path).map_err(|error| file_error(&path, error))? {
                    BatchFile::Batch(header, _) if header.database != self.folder.database => {
                        self.leave(run, path, LeftBecause::OtherDatabase);
                    }
                    BatchFile::Batch(_, batch) => batches.push((run, path, batch)),
                    BatchFile::Version(version) => {
                        self.leave(run, path, LeftBecause::LaterVersion(version));
                    }
                    BatchFile::Damaged => self.leave(run, path, LeftBecause::Damaged),
                }
            }
        }
        batches.sort_by_key(|(_, _, batch)| Reverse(batch.journaled.slots()));
        for (run, path, batch) in batches {
            let parts = batch.journaled.parts().iter();
            let committed: Vec<Positions> = parts
                .map(|part| self.committed(part.run))
                .collect::<Result<_, _>>()?;
            match batch.journaled.overlap(&committed) {
                Overlap::Nothing => self.write(&batch)?,
                Overlap::All => {}
                // Cannot happen; if it does, neither way is exact.
                Overlap::Some => self.leave(run, path, LeftBecause::Damaged),
            }
        }
        Ok(())
    }

    /// Counts the events in a run's segments, and the views it had to drop.
    fn count_run(&mut self, run: RunId) -> Result<(), JournalError> {
        let mut batch = Batch::new(self.sink.dedup_window());
        for path in self.folder.files_of(run, FileKind::Segment)? {
            let file = File::open(&path).map_err(|error| file_error(&path, error))?;
            let read = |from, words| {
                read_words(&file, from, words).map_err(|error| file_error(&path, error))
            };
            let header = match Header::decode(&read(0, HEADER)?) {
                Ok(header) if header.database != self.folder.database => {
                    self.leave(run, path, LeftBecause::OtherDatabase);
                    continue;
                }
                Ok(header) => header,
                Err(BadHeader::Version(version)) => {
                    self.leave(run, path, LeftBecause::LaterVersion(version));
                    continue;
                }
                Err(BadHeader::Damaged) => {
                    let is_unused = read(0, HEADER)?.iter().all(|word| *word == 0);
                    if !is_unused {
                        self.leave(run, path, LeftBecause::Damaged);
                    }
                    continue;
                }
            };
            let words = read(HEADER, header.slots as usize * SLOT)?;
            let committed = self.committed(run)?;
            let mut events = Vec::new();
            self.recovered.damaged +=
                scan(&header, &words, &committed, |position, slots, event| {
                    events.push((position..position + slots, event));
                });
            if words.len() < header.slots as usize * SLOT {
                self.leave(run, path, LeftBecause::Cut);
            }
            for (positions, event) in events {
                batch.add(event);
                batch.journaled.add(run, positions);
                if batch.entries() >= BATCH_ENTRIES {
                    self.write(&batch)?;
                    batch.clear();
                }
            }
        }
        let path = self.folder.file(run, FileKind::Run, 0);
        let (header, counts) = run_file::read(&path).map_err(|error| file_error(&path, error))?;
        if header.is_ok_and(|header| header.database == self.folder.database) {
            if counts.dropped > 0 {
                batch
                    .journaled
                    .add_dropped(run, counts.dropped, clock::now());
            }
            let lost = unwritten(counts).without(&self.committed(run)?);
            if !lost.is_empty() {
                batch.add_uncounted(SITE, clock::now(), Reason::Dropped, lost.len());
                batch.journaled.add_finished(run, &lost);
                self.recovered.unwritten += lost.len();
            }
        }
        if !batch.is_empty() {
            self.write(&batch)?;
        }
        Ok(())
    }

    fn committed(&self, run: RunId) -> Result<Positions, JournalError> {
        match self.runs.get(&run) {
            Some(dead) => Ok(dead.committed.clone()),
            None => self
                .sink
                .committed(run)
                .map_err(|error| self.store_error(error)),
        }
    }

    fn write(&mut self, batch: &Batch) -> Result<(), JournalError> {
        let written = self
            .sink
            .write(batch)
            .map_err(|error| self.store_error(error))?;
        for part in batch.journaled.parts() {
            if let Some(dead) = self.runs.get_mut(&part.run) {
                dead.committed.extend(&part.positions);
            }
        }
        let events = written.applied().map_or(batch.events(), |result| {
            result.counted + result.uncounted.total()
        });
        self.recovered.events += events;
        (self.progress)(self.recovered.events);
        Ok(())
    }

    fn leave(&mut self, run: RunId, path: PathBuf, why: LeftBecause) {
        if let Some(dead) = self.runs.get_mut(&run) {
            dead.leaves = true;
        }
        self.recovered.left.push((path, why));
    }

    fn store_error(&self, error: SinkError) -> JournalError {
        JournalError::Store {
            folder: self.folder.path().to_owned(),
            error,
        }
    }
}

/// The places of a run's events that no segment has.
fn unwritten(counts: RunCounts) -> Positions {
    let mut places = Positions::default();
    places.insert(FIRST_UNWRITTEN..FIRST_UNWRITTEN.saturating_add(counts.unwritten));
    places
}

/// Calls `found` with each event of a segment that is not committed. Returns how many cannot be read.
fn scan(
    header: &Header,
    words: &[u64],
    committed: &Positions,
    mut found: impl FnMut(u64, u64, ViewEvent),
) -> u64 {
    let base = base_of(header.number, header.slots);
    let (mut slot, mut damaged) = (0, 0);
    while let Some(words) = words.get(slot * SLOT..).filter(|words| !words.is_empty()) {
        let position = base + slot as u64;
        let slots = match format::decode(header.run, position, words) {
            Slot::Empty => 1,
            Slot::Cancelled(slots) => slots,
            Slot::Damaged if committed.contains(position) => 1,
            Slot::Damaged => {
                damaged += 1;
                1
            }
            Slot::Event(event, slots) => {
                if !committed.contains(position) {
                    found(position, slots, event);
                }
                slots
            }
        };
        slot += slots as usize;
    }
    damaged
}

/// How many events the journals hold that nobody else has: of runs that have ended, and of runs that live. `committed` says
/// what others have of a run.
///
/// # Errors
/// Those of the file system and of `committed`.
pub fn pending(
    folder: &JournalFolder,
    committed: &dyn Fn(RunId) -> Result<Positions, SinkError>,
) -> Result<(u64, u64), JournalError> {
    let (mut ended, mut living) = (0, 0);
    for run in folder.runs()? {
        let committed = committed(run).map_err(|error| JournalError::Store {
            folder: folder.path().to_owned(),
            error,
        })?;
        let mut events = 0;
        let mut in_batches = Positions::default();
        for path in folder.files_of(run, FileKind::Batch)? {
            if let Ok(BatchFile::Batch(header, batch)) = batch_file::read(&path)
                && header.database == folder.database
            {
                let of_run = batch.journaled.positions(run);
                let new =
                    of_run.map(|positions| positions.without(&committed).without(&in_batches));
                if new.is_some_and(|new| !new.is_empty()) {
                    events += batch.events();
                    of_run
                        .into_iter()
                        .for_each(|positions| in_batches.extend(positions));
                }
            }
        }
        let mut known = committed;
        known.extend(&in_batches);
        for path in folder.files_of(run, FileKind::Segment)? {
            let file = File::open(&path).map_err(|error| file_error(&path, error))?;
            let read = |from, words| {
                read_words(&file, from, words).map_err(|error| file_error(&path, error))
            };
            if let Ok(header) = Header::decode(&read(0, HEADER)?)
                && header.database == folder.database
            {
                let words = read(HEADER, header.slots as usize * SLOT)?;
                scan(&header, &words, &known, |_, _, _| events += 1);
            }
        }
        // A run that lives may have ended meanwhile.
        if let Ok((Ok(header), counts)) = run_file::read(&folder.file(run, FileKind::Run, 0))
            && header.database == folder.database
        {
            events += unwritten(counts).without(&known).len();
        }
        match folder.is_locked(run)? {
            false => ended += events,
            true => living += events,
        }
    }
    Ok((ended, living))
}

fn file_error(path: &Path, error: std::io::Error) -> JournalError {
    JournalError::File {
        path: path.to_owned(),
        error,
    }
}
