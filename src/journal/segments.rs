//! The segments of a run: the one that is written to, those that are ready, those that are full, and those that are done
//! with.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;

use super::folder::{FileKind, JournalFolder};
use super::format::{self, HEADER, Header, SLOT};
use super::segment::{NoRoom, Segment, SegmentFile, bytes_of};
use crate::model::{Positions, RunId, ViewEvent};

/// Files that are kept beyond those that are ready, for the next burst.
const SPARE_FILES: usize = 2;

/// The segments of a run.
pub(super) struct Segments {
    folder: JournalFolder,
    run: RunId,
    /// Slots of each segment.
    slots: u32,
    /// The one that is written to. Read with every event, replaced when it is full; `None` while there is none.
    active: ArcSwapOption<Segment>,
    /// Whether `state.ready` has one, for a look without the lock. Written under it.
    has_ready: AtomicBool,
    /// Locked when a segment is full, by counters with each commit, and by the upkeep.
    state: Mutex<State>,
}

/// Bounded by the journal's size: each segment is a file of it.
#[derive(Default)]
struct State {
    /// Prepared, to be written to next.
    ready: VecDeque<Arc<Segment>>,
    /// With events that are not all committed, the active one too, by number.
    live: BTreeMap<u64, Live>,
    /// Done with.
    free: Vec<Arc<SegmentFile>>,
    next_segment: u64,
    /// Numbers the files, since one file is many segments in turn.
    next_file: u64,
    /// Positions that no batch will have: of events whose answers were not sent, and of slots left empty.
    finished: Positions,
}

struct Live {
    file: Arc<SegmentFile>,
    /// Slots that are committed, cancelled or left empty.
    done: u64,
}

impl Segments {
    pub(super) fn new(folder: JournalFolder, run: RunId, slots: u32) -> Segments {
        Segments {
            folder,
            run,
            slots,
            active: ArcSwapOption::empty(),
            has_ready: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    /// Bytes of a segment.
    pub(super) fn segment_bytes(&self) -> u64 {
        bytes_of(self.slots)
    }

    /// Writes an event; `None` while there is no segment to write to. Calls `on_switch` where it
    /// was the first of a segment.
    pub(super) fn append(&self, event: &ViewEvent, on_switch: impl FnOnce()) -> Option<Range<u64>> {
        let mut switched = false;
        let positions = loop {
            let active = self.active.load();
            let full = match active.as_deref().map(|segment| segment.append(event)) {
                Some(Ok(positions)) => break positions,
                Some(Err(NoRoom { unused })) => {
                    if !unused.is_empty() {
                        self.finish(unused);
                    }
                    active.as_ref()
                }
                None => None,
            };
            if !self.has_ready.load(Ordering::Acquire) {
                // Perhaps another thread has just taken the last one: then that is the active one now.
                if is_same(self.active.load().as_ref(), full) {
                    return None;
                }
                continue;
            }
            if !self.replace(full) {
                return None;
            }
            switched = true;
        };
        if switched {
            on_switch();
        }
        Some(positions)
    }

    /// Puts a prepared segment in the place of `full`. Returns whether there is one to write to, or was by then.
    fn replace(&self, full: Option<&Arc<Segment>>) -> bool {
        let mut state = self.lock();
        let active = self.active.load();
        if !is_same(active.as_ref(), full) {
            return active.is_some();
        }
        let next = state.ready.pop_front();
        let has_ready = !state.ready.is_empty();
        let found = next.is_some();
        if let Some(next) = &next {
            let live = Live {
                file: Arc::clone(&next.file),
                done: 0,
            };
            state.live.insert(next.header.number, live);
        }
        self.active.store(next);
        // After it: who sees that none is ready sees the one that is active, too.
        self.has_ready.store(has_ready, Ordering::Release);
        if let Some(full) = full {
            self.free_if_done(&mut state, full.header.number);
        }
        found
    }

    /// Notes that no batch will have these positions.
    fn finish(&self, positions: Range<u64>) {
        self.lock().finished.insert(positions);
    }

    /// Marks an event as one whose answer was not sent, and so was not read by its client.
    ///
    /// # Errors
    /// Those of the file system: then the event would be counted if the process died before the next commit.
    pub(super) fn cancel(&self, positions: Range<u64>) -> io::Result<()> {
        let slots = u64::from(self.slots);
        let number = positions.start / slots;
        let file = self
            .lock()
            .live
            .get(&number)
            .map(|live| Arc::clone(&live.file));
        let cancelled = file.map_or(Ok(()), |file| {
            let at = HEADER + (positions.start % slots) as usize * SLOT;
            let words = (positions.end - positions.start) as usize * SLOT;
            let words = file.read(at, words)?;
            let word = format::cancelled(self.run, positions.start, &words);
            word.map_or(Ok(()), |word| file.write(at, word))
        });
        self.finish(positions);
        cancelled
    }

    /// Takes the positions that no batch has, for the next one to commit.
    pub(super) fn take_finished(&self) -> Positions {
        std::mem::take(&mut self.lock().finished)
    }

    /// Notes that these positions are needed no more. Returns whether a segment became free.
    pub(super) fn release(&self, positions: &Positions) -> bool {
        let slots = u64::from(self.slots);
        let mut state = self.lock();
        let before = state.free.len();
        for range in positions.ranges() {
            let mut start = range.start;
            while start < range.end {
                let number = start / slots;
                let end = range.end.min((number + 1) * slots);
                if let Some(live) = state.live.get_mut(&number) {
                    live.done += end - start;
                }
                self.free_if_done(&mut state, number);
                start = end;
            }
        }
        state.free.len() > before
    }

    fn free_if_done(&self, state: &mut State, number: u64) {
        let is_active = self
            .active
            .load()
            .as_ref()
            .is_some_and(|active| active.header.number == number);
        let is_done = |live: &Live| live.done >= u64::from(self.slots);
        if !is_active
            && state.live.get(&number).is_some_and(is_done)
            && let Some(live) = state.live.remove(&number)
        {
            state.free.push(live.file);
        }
    }

    /// Prepares segments until `wanted` are ready, in files that are free, or in new ones while those there are take less
    /// than `max_bytes`. Returns whether that was enough.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn prepare(&self, wanted: usize, max_bytes: u64) -> io::Result<bool> {
        loop {
            let (file, number) = {
                let mut state = self.lock();
                if state.ready.len() >= wanted {
                    break;
                }
                let number = state.next_segment;
                match state.free.pop() {
                    Some(file) => {
                        state.next_segment += 1;
                        (file, number)
                    }
                    None if (state.files() + 1) * self.segment_bytes() > max_bytes => {
                        return Ok(false);
                    }
                    None => {
                        state.next_segment += 1;
                        state.next_file += 1;
                        let path = self
                            .folder
                            .file(self.run, FileKind::Segment, state.next_file);
                        drop(state);
                        let file = SegmentFile::create(&path, self.segment_bytes())?;
                        (Arc::new(file), number)
                    }
                }
            };
            let header = Header {
                database: self.folder.database,
                run: self.run,
                number,
                slots: self.slots,
            };
            let segment = match Segment::begin(Arc::clone(&file), header) {
                Ok(segment) => segment,
                Err(error) => {
                    self.lock().free.push(file);
                    return Err(error);
                }
            };
            segment.prepare_pages();
            let mut state = self.lock();
            state.ready.push_back(Arc::new(segment));
            self.has_ready.store(true, Ordering::Release);
        }
        self.remove_spare_files()?;
        Ok(true)
    }

    /// Removes the files that a long stall has left.
    fn remove_spare_files(&self) -> io::Result<()> {
        let spare = {
            let mut state = self.lock();
            let keep = state.free.len().min(SPARE_FILES);
            state.free.split_off(keep)
        };
        spare
            .into_iter()
            .try_for_each(|spare| std::fs::remove_file(&spare.path))
    }

    /// Has all events written so far stored: they survive the loss of power.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn sync(&self) -> io::Result<()> {
        let files: Vec<_> = {
            let state = self.lock();
            state
                .live
                .values()
                .map(|live| Arc::clone(&live.file))
                .collect()
        };
        files.into_iter().try_for_each(|file| file.file.sync_data())
    }

    /// Whether every event is committed.
    pub(super) fn is_empty(&self) -> bool {
        let state = self.lock();
        let active = self.active.load();
        let used = |number| match active
            .as_ref()
            .filter(|active| active.header.number == number)
        {
            Some(active) => active.used(),
            None => u64::from(self.slots),
        };
        let wanted: u64 = state.live.keys().map(|number| used(*number)).sum();
        let done: u64 = state.live.values().map(|live| live.done).sum();
        done + state.finished.len() >= wanted
    }

    /// Bytes of segments with events that are not committed.
    pub(super) fn live_bytes(&self) -> u64 {
        self.lock().live.len() as u64 * self.segment_bytes()
    }

    /// Bytes of all segments.
    pub(super) fn bytes(&self) -> u64 {
        self.lock().files() * self.segment_bytes()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_same(a: Option<&Arc<Segment>>, b: Option<&Arc<Segment>>) -> bool {
    a.map(Arc::as_ptr) == b.map(Arc::as_ptr)
}

impl State {
    fn files(&self) -> u64 {
        (self.ready.len() + self.live.len() + self.free.len()) as u64
    }
}
