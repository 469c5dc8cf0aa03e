//! What requests, counters and the upkeep of a journal share.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use super::run_file::RunFile;
use super::segments::Segments;
use super::wakeup::Wakeup;
use crate::metrics::Metrics;

/// Segments that are kept ready under load: preparing one takes less time than filling another.
const READY: usize = 2;

/// How far a journal can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Condition {
    /// Events are written.
    Writing,
    /// It has reached its size: once the segment that is written to is full, views are dropped, and counted as such.
    AtLimit,
    /// The file system does not take it: views are counted all the same, and dropped if the process dies before that.
    Failing,
}

/// See the module. Each part synchronises itself.
pub(super) struct Shared {
    pub(super) segments: Segments,
    pub(super) run_file: RunFile,
    /// Bytes it may take.
    pub(super) max_bytes: u64,
    /// Bytes of the files of batches.
    pub(super) batch_bytes: AtomicU64,
    /// Whether events are to survive the loss of power.
    pub(super) sync: bool,
    pub(super) metrics: Arc<Metrics>,
    pub(super) wakeup: Wakeup,
    /// A [`Condition`]; written by the upkeep alone.
    condition: AtomicU8,
    /// Whether a segment has been filled so far: before, one that is ready is enough.
    pub(super) is_busy: AtomicBool,
}

impl Shared {
    pub(super) fn new(
        segments: Segments,
        run_file: RunFile,
        max_bytes: u64,
        sync: bool,
        metrics: Arc<Metrics>,
    ) -> Shared {
        Shared {
            segments,
            run_file,
            max_bytes,
            batch_bytes: AtomicU64::new(0),
            sync,
            metrics,
            wakeup: Wakeup::default(),
            condition: AtomicU8::new(Condition::Writing as u8),
            is_busy: AtomicBool::new(false),
        }
    }

    /// Whether the journal has reached its size.
    pub(super) fn is_at_limit(&self) -> bool {
        self.condition.load(Ordering::Acquire) == Condition::AtLimit as u8
    }

    /// Prepares what will be needed, and says once when that fails, and when it works again.
    pub(super) fn prepare(&self) {
        let ready = if self.is_busy.load(Ordering::Relaxed) {
            READY
        } else {
            1
        };
        let room = self
            .max_bytes
            .saturating_sub(self.batch_bytes.load(Ordering::Relaxed));
        let prepared = self.segments.prepare(ready, room);
        let prepared = prepared.and_then(|enough| match self.sync {
            true => self.segments.sync().map(|()| enough),
            false => Ok(enough),
        });
        self.note(prepared);
        let bytes = self.segments.bytes() + self.batch_bytes.load(Ordering::Relaxed);
        self.metrics
            .journal_bytes
            .set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    fn note(&self, prepared: io::Result<bool>) {
        let now = match &prepared {
            Ok(true) => Condition::Writing,
            Ok(false) => Condition::AtLimit,
            Err(_) => Condition::Failing,
        };
        let before = self.condition.swap(now as u8, Ordering::AcqRel);
        if before == now as u8 {
            return;
        }
        self.metrics
            .journal_failing
            .set(i64::from(now == Condition::Failing));
        match (prepared, now) {
            (_, Condition::Writing) => tracing::info!("the journal takes events again"),
            (Err(error), _) => tracing::warn!(
                %error,
                "the journal cannot grow: views are counted, but should the process die, those of the last moments are in the ledger as dropped; make room on the disk"
            ),
            (Ok(_), _) => tracing::warn!(
                "the journal reaches --journal-max: views that find no room in it are not counted, and the ledger has them as dropped"
            ),
        }
    }
}
