//! The batches that wait to be sent, in order, and who waits for them.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::engine::Outgoing;
use crate::clock;
use crate::metrics::Metrics;
use crate::model::TimestampMs;

/// A batch that waits.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Entries are numbered, and sent in order.
    pub(super) number: u64,
    pub(super) content: Content,
    bytes: u64,
    events: u64,
    since: TimestampMs,
}

/// Where its messages are.
#[derive(Clone, Debug)]
pub(super) enum Content {
    File(PathBuf),
    Memory(Arc<[Outgoing]>),
}

/// The batches that wait. Bounded by whoever adds one.
pub(super) struct Backlog {
    metrics: Arc<Metrics>,
    state: Mutex<State>,
    changed: Condvar,
}

/// Locked for moments.
#[derive(Default)]
struct State {
    entries: VecDeque<Entry>,
    bytes: u64,
    /// The number of the next entry.
    next: u64,
    /// Set when nothing more comes: until when what waits may be sent.
    close_at: Option<Instant>,
}

impl Backlog {
    pub(super) fn new(metrics: Arc<Metrics>) -> Backlog {
        Backlog {
            metrics,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Adds a batch. Returns its number.
    pub(super) fn push(&self, content: Content, bytes: u64, events: u64) -> u64 {
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        state.bytes += bytes;
        state.entries.push_back(Entry {
            number,
            content,
            bytes,
            events,
            since: clock::now(),
        });
        self.show(&state);
        drop(state);
        self.changed.notify_all();
        number
    }

    /// The number of the batch that was added last.
    pub(super) fn last(&self) -> u64 {
        self.lock().next.saturating_sub(1)
    }

    /// How many bytes wait.
    pub(super) fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    /// How many events wait.
    pub(super) fn events(&self) -> u64 {
        self.lock().entries.iter().map(|entry| entry.events).sum()
    }

    /// The first entries, of about `max_bytes`, at least one; waits until there is one. `None` when nothing more comes, or
    /// what waits has had its time.
    pub(super) fn next(&self, max_bytes: u64) -> Option<Vec<Entry>> {
        let mut state = self.lock();
        loop {
            if state
                .close_at
                .is_some_and(|at| state.entries.is_empty() || Instant::now() >= at)
            {
                return None;
            }
            if !state.entries.is_empty() {
                let mut bytes = 0;
                let first = state.entries.iter().take_while(|entry| {
                    let fits = bytes == 0 || bytes + entry.bytes <= max_bytes;
                    bytes += entry.bytes.max(1);
                    fits
                });
                return Some(first.cloned().collect());
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Removes entries from the front: their messages are accepted.
    pub(super) fn remove(&self, entries: &[Entry]) {
        let mut state = self.lock();
        for entry in entries {
            debug_assert_eq!(
                state.entries.front().map(|first| first.number),
                Some(entry.number)
            );
            state.entries.pop_front();
            state.bytes -= entry.bytes;
        }
        self.show(&state);
        drop(state);
        self.changed.notify_all();
    }

    /// Puts other messages in the place of an entry's.
    pub(super) fn replace(&self, entry: &Entry, content: Content) {
        let mut state = self.lock();
        let mut entries = state.entries.iter_mut();
        if let Some(waiting) = entries.find(|waiting| waiting.number == entry.number) {
            waiting.content = content;
        }
    }

    fn show(&self, state: &State) {
        let metrics = &self.metrics.queue;
        let batches = i64::try_from(state.entries.len()).unwrap_or(i64::MAX);
        metrics.waiting_batches.set(batches);
        let bytes = i64::try_from(state.bytes).unwrap_or(i64::MAX);
        metrics.waiting_bytes.set(bytes);
        let since = state
            .entries
            .front()
            .map_or(0, |entry| entry.since.seconds());
        metrics.waiting_since.set(since);
    }

    /// Waits until a batch is accepted. Returns whether it is.
    pub(super) fn wait_until_accepted(&self, number: u64, deadline: Instant) -> bool {
        let mut state = self.lock();
        loop {
            let first = state
                .entries
                .front()
                .map_or(state.next, |entry| entry.number);
            if number < first {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.wait(state, left);
        }
    }

    /// Waits for `pause`, or until what waits has had its time.
    pub(super) fn pause(&self, pause: Duration) {
        let end = Instant::now() + pause;
        let mut state = self.lock();
        loop {
            let end = state.close_at.map_or(end, |at| at.min(end));
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.wait(state, left);
        }
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, most: Duration) -> MutexGuard<'a, State> {
        let waited = self.changed.wait_timeout(state, most);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Says that nothing more comes: what waits is sent until `deadline`.
    pub(super) fn close(&self, deadline: Instant) {
        self.lock().close_at = Some(deadline);
        self.changed.notify_all();
    }

    /// Until when sending may take.
    pub(super) fn close_at(&self) -> Option<Instant> {
        self.lock().close_at
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
