//! An event between its request's answer and the channel.

use std::ops::Range;
use std::sync::Arc;

use crate::journal::Journal;
use crate::model::{FIRST_UNWRITTEN, Journaled, RunId, ViewEvent};

/// An event that is recorded, and sent once its answer is. Dropped before, it is taken back: its client has not read the
/// answer.
pub struct Recorded {
    /// `None` where the journal had no room: the view is dropped, and remembered as such.
    pub(super) event: Option<ViewEvent>,
    /// Its place in the journal, if it has one.
    pub(super) guard: Option<JournalGuard>,
}

/// A place in the journal, taken back when this is dropped.
pub(super) struct JournalGuard {
    pub(super) journal: Arc<Journal>,
    pub(super) range: Range<u64>,
}

impl JournalGuard {
    /// Whether a segment has it: then the event survives the process.
    pub(super) fn is_written(&self) -> bool {
        self.range.start < FIRST_UNWRITTEN
    }

    /// The place, which stays.
    pub(super) fn keep(mut self) -> Range<u64> {
        std::mem::take(&mut self.range)
    }
}

impl Drop for JournalGuard {
    fn drop(&mut self) {
        if !self.range.is_empty() {
            self.journal.cancel(self.range.clone());
        }
    }
}

/// What goes down the channel: an event, and its place in the journal, empty if it has none.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) event: ViewEvent,
    pub(super) place: Range<u64>,
    /// Where to say that its batch is written, if somebody waits for that.
    pub(super) receipt: Option<Receipt>,
}

/// Told the number under which a sink has taken a batch; dropped if none has.
pub(super) type Receipt = flume::Sender<Option<u64>>;

impl Sent {
    /// Notes the place with the others of a batch.
    pub(super) fn note_place(&self, run: Option<RunId>, journaled: &mut Journaled) {
        if let Some(run) = run.filter(|_| !self.place.is_empty()) {
            journaled.add(run, self.place.clone());
        }
    }
}
