//! The journal of the run that lives, as requests and counters see it.

use std::borrow::Cow;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::batch_file;
use super::error::JournalError;
use super::folder::{FileKind, JournalFolder};
use super::format::{Header, MAX_SLOTS};
use super::run_file::RunFile;
use super::segments::Segments;
use super::shared::Shared;
use super::upkeep;
use crate::clock;
use crate::metrics::Metrics;
use crate::model::{Batch, FIRST_UNWRITTEN, Journaled, Positions, RunId, ViewEvent};

/// Slots of the smallest segment.
const MIN_SLOTS: u32 = 8_190;

/// A journal has at least so many segments, each as large as that allows.
const SEGMENTS: u64 = 8;

/// The smallest size of a journal, in bytes. Segments of a smaller one would be filled faster than others are prepared.
pub const MIN_JOURNAL: u64 = 8 << 20;

/// How a journal behaves.
#[derive(Clone, Copy, Debug)]
pub struct JournalOptions {
    /// Bytes it may take.
    pub max_bytes: u64,
    /// Whether events survive the loss of power, but for those of the last second.
    pub sync: bool,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is at these positions, and survives the process.
    At(Range<u64>),
    /// The journal has no room and never will before something is counted: the view is dropped, and that is remembered.
    Dropped,
    /// No segment is ready: it lives as long as the process. It has these places all the same, by which the ledger has it as
    /// dropped if the process dies before it is committed.
    Unwritten(Range<u64>),
}

/// A batch in a file, until it is committed or saved anew.
#[derive(Debug)]
pub struct SavedBatch {
    path: PathBuf,
    bytes: u64,
    /// Its events.
    positions: Positions,
}

/// The journal of a run that lives.
pub struct Journal {
    folder: JournalFolder,
    run: RunId,
    shared: Arc<Shared>,
    /// Numbers the files of batches.
    next_batch: AtomicU64,
    /// Of the views dropped, how many are in the ledger.
    dropped_committed: AtomicU64,
    /// Of the events that no segment has, how many are committed, or in the file of a batch.
    unwritten_released: AtomicU64,
    /// Places that no segment has, of events whose answers were not sent. Bounded by how many those are.
    unwritten_cancelled: Mutex<Positions>,
    /// Taken out to be joined.
    upkeep: Mutex<Option<JoinHandle<()>>>,
}

impl Journal {
    /// Begins a journal. A segment is ready when this returns, if the disk has room for it.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn begin(
        folder: JournalFolder,
        options: JournalOptions,
        metrics: Arc<Metrics>,
    ) -> Result<Journal, JournalError> {
        let slots = slots_for(options.max_bytes);
        Journal::begin_with(folder, options, slots, metrics)
    }

    /// As [`Journal::begin`], with segments of so many slots.
    pub(super) fn begin_with(
        folder: JournalFolder,
        options: JournalOptions,
        slots: u32,
        metrics: Arc<Metrics>,
    ) -> Result<Journal, JournalError> {
        folder.create()?;
        let run = new_run(&folder)?;
        let path = folder.file(run, FileKind::Run, 0);
        let locked = folder.lock(run)?;
        let header = Header {
            database: folder.database,
            run,
            number: 0,
            slots,
        };
        // Nobody else knows its name.
        let file = locked.ok_or_else(|| folder.error(io::ErrorKind::WouldBlock.into()))?;
        let run_file =
            RunFile::begin(file, &header).map_err(|error| JournalError::File { path, error })?;
        let segments = Segments::new(folder.clone(), run, slots);
        let shared = Shared::new(segments, run_file, options.max_bytes, options.sync, metrics);
        shared.prepare();
        let shared = Arc::new(shared);
        let worker = Arc::clone(&shared);
        let upkeep = crate::thread::spawn("journal".to_owned(), move || upkeep::run(&worker))
            .map_err(|error| folder.error(error))?;
        Ok(Journal {
            folder,
            run,
            shared,
            next_batch: AtomicU64::new(0),
            dropped_committed: AtomicU64::new(0),
            unwritten_released: AtomicU64::new(0),
            unwritten_cancelled: Mutex::default(),
            upkeep: Mutex::new(Some(upkeep)),
        })
    }

    /// Whose it is.
    pub fn run(&self) -> RunId {
        self.run
    }

    /// Writes an event. It survives the process once this returns [`Appended::At`]. Waits for nothing but memory.
    pub fn append(&self, event: &ViewEvent) -> Appended {
        let shared = &*self.shared;
        let on_switch = || {
            shared.is_busy.store(true, Ordering::Relaxed);
            shared.wakeup.notify();
        };
        match shared.segments.append(event, on_switch) {
            Some(positions) => Appended::At(positions),
            None if shared.is_at_limit() => {
                shared.run_file.count_dropped();
                Appended::Dropped
            }
            None => {
                shared.metrics.journal_unwritten.inc();
                let place = FIRST_UNWRITTEN + shared.run_file.count_unwritten();
                Appended::Unwritten(place..place + 1)
            }
        }
    }

    /// Has the events written so far stored: they survive the loss of power when this returns. Waits for the disk.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn sync(&self) -> io::Result<()> {
        self.shared.segments.sync()
    }

    /// Takes an event back: its answer could not be sent. Of one that no segment has this is remembered by the next commit: a
    /// death before that leaves one more in the ledger than was read.
    pub fn cancel(&self, positions: Range<u64>) {
        if positions.start >= FIRST_UNWRITTEN {
            self.unwritten_cancelled().insert(positions);
            return;
        }
        if let Err(error) = self.shared.segments.cancel(positions) {
            tracing::warn!(%error, "cannot take back an event whose answer was not sent");
        }
    }

    /// Adds to a batch what else is to be committed with it: positions that no event has, and how many views were dropped.
    pub fn complete(&self, journaled: &mut Journaled) {
        journaled.add_finished(self.run, &self.shared.segments.take_finished());
        journaled.add_finished(self.run, &std::mem::take(&mut *self.unwritten_cancelled()));
        if self.has_dropped() {
            journaled.add_dropped(self.run, self.shared.run_file.dropped(), clock::now());
        }
    }

    /// Whether views were dropped that no committed batch has.
    pub fn has_dropped(&self) -> bool {
        self.shared.run_file.dropped() > self.dropped_committed.load(Ordering::Relaxed)
    }

    fn unwritten_cancelled(&self) -> MutexGuard<'_, Positions> {
        self.unwritten_cancelled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a batch is committed, of which `saved` had earlier states.
    pub fn on_commit(&self, journaled: &Journaled, saved: &[SavedBatch]) {
        for part in journaled.parts().iter().filter(|part| part.run == self.run) {
            if let Some((dropped, _)) = part.dropped {
                self.dropped_committed.fetch_max(dropped, Ordering::Relaxed);
            }
            self.release(&part.positions, saved);
            self.shared.metrics.journal_events.inc_by(part.events);
        }
        saved.iter().for_each(|saved| self.remove(saved));
    }

    /// Notes that events need not be kept any longer: they are committed, or in the file of a batch.
    /// Of those in `saved` that is known already.
    fn release(&self, positions: &Positions, saved: &[SavedBatch]) {
        let new = saved.iter().fold(Cow::Borrowed(positions), |new, saved| {
            Cow::Owned(new.without(&saved.positions))
        });
        self.unwritten_released
            .fetch_add(new.unwritten(), Ordering::Relaxed);
        if self.shared.segments.release(&new) {
            self.shared.wakeup.notify();
        }
    }

    /// Whether what waits takes so much that it should be saved as batches, which take less.
    pub fn is_filling(&self) -> bool {
        self.shared.segments.live_bytes() > self.shared.max_bytes / 4
    }

    /// Saves a batch to a file, in place of those that have earlier states of it. What it holds of the segments is
    /// needed no more then.
    ///
    /// # Errors
    /// Those of the file system; [`io::ErrorKind::StorageFull`] also where it is larger than the journal may be.
    pub fn save(&self, batch: &Batch, previous: &[SavedBatch]) -> io::Result<SavedBatch> {
        let shared = &*self.shared;
        let content = batch_file::encode(self.folder.database, self.run, batch)?;
        let bytes = content.len() as u64;
        let replaced: u64 = previous.iter().map(|previous| previous.bytes).sum();
        let others = shared.batch_bytes.load(Ordering::Relaxed) - replaced;
        if others + bytes > shared.max_bytes / 2 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let number = self.next_batch.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.file(self.run, FileKind::Batch, number);
        batch_file::write(&path, &content)?;
        self.folder.sync()?;
        shared.batch_bytes.fetch_add(bytes, Ordering::Relaxed);
        previous.iter().for_each(|previous| self.remove(previous));
        let positions = batch
            .journaled
            .positions(self.run)
            .cloned()
            .unwrap_or_default();
        self.release(&positions, previous);
        Ok(SavedBatch {
            path,
            bytes,
            positions,
        })
    }

    /// Removes the file of a batch that is committed, or saved anew.
    fn remove(&self, saved: &SavedBatch) {
        self.shared
            .batch_bytes
            .fetch_sub(saved.bytes, Ordering::Relaxed);
        if let Err(error) = std::fs::remove_file(&saved.path) {
            // A recovery sees that its events are counted.
            tracing::warn!(%error, "cannot remove {}", saved.path.display());
        }
    }

    /// Prepares what the next events need, as the upkeep does.
    #[cfg(test)]
    pub(super) fn prepare_now(&self) {
        self.shared.prepare();
    }

    /// Has the upkeep end, as on a machine on which it gets no turn.
    #[cfg(test)]
    pub(super) fn stop_preparing(&self) {
        self.stop_upkeep();
    }

    /// Ends the journal. Its files are removed if all its events are committed.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn end(&self) -> Result<(), JournalError> {
        self.stop_upkeep();
        let unwritten = self.shared.run_file.unwritten();
        let has_unwritten = unwritten > self.unwritten_released.load(Ordering::Relaxed);
        if self.shared.segments.is_empty() && !self.has_dropped() && !has_unwritten {
            self.folder.remove(self.run)?;
        }
        Ok(())
    }

    fn stop_upkeep(&self) {
        self.shared.wakeup.stop();
        let upkeep = self
            .upkeep
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(upkeep) = upkeep {
            // A panic was reported where it happened.
            let _ = upkeep.join();
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.stop_upkeep();
    }
}

/// Writes a batch that no journal has: the run has none, or it does not work. It gets a position of its own, by which it
/// is counted once.
///
/// # Errors
/// Those of the file system.
pub fn write_batch(folder: &JournalFolder, mut batch: Batch) -> Result<PathBuf, JournalError> {
    folder.create()?;
    let run = new_run(folder)?;
    let mut position = Positions::default();
    position.insert(0..1);
    batch.journaled.add_finished(run, &position);
    let path = folder.file(run, FileKind::Batch, 0);
    batch_file::encode(folder.database, run, &batch)
        .and_then(|bytes| batch_file::write(&path, &bytes))
        .map_err(|error| JournalError::File {
            path: path.clone(),
            error,
        })?;
    // Whatever comes of this, the file is there when the process has ended.
    if let Err(error) = folder.sync() {
        tracing::warn!(%error, "cannot have the name of {} stored", path.display());
    }
    Ok(path)
}

fn new_run(folder: &JournalFolder) -> Result<RunId, JournalError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| folder.error(io::Error::other(error)))?;
    Ok(RunId(i64::from_le_bytes(random)))
}

fn slots_for(max_bytes: u64) -> u32 {
    // With its header a segment is such a part. Were it the power of two that it mostly is, an older use of a slot would have
    // the low bits of the present one's position, by which the two are told apart.
    let part = (max_bytes / SEGMENTS / 32).saturating_sub(2);
    u32::try_from(part)
        .unwrap_or(MAX_SLOTS)
        .clamp(MIN_SLOTS, MAX_SLOTS)
}
