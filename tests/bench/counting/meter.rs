//! A sink before the store's: takes the time of each commit, and can hold batches back as a locked database would.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::internals::{Batch, BatchSink, DedupWindow, SinkError, Written};

/// See the module.
pub struct Meter {
    sink: Arc<dyn BatchSink>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    held: bool,
    /// Batches that wait.
    waiting: usize,
    commits: Vec<Commit>,
}

/// One commit.
#[derive(Clone, Copy)]
pub struct Commit {
    pub took: Duration,
    pub events: u64,
}

impl Meter {
    pub fn new(sink: Arc<dyn BatchSink>) -> Arc<Self> {
        Arc::new(Self {
            sink,
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Holds back every batch that comes from now on.
    pub fn hold(&self) {
        self.state().held = true;
    }

    /// Waits until a batch is held back.
    pub fn wait_until_holding(&self) {
        let state = self.state();
        let waited = self
            .changed
            .wait_while(state, |state| state.waiting == 0)
            .expect("no holder panics");
        drop(waited);
    }

    /// Lets go of what was held back.
    pub fn release(&self) {
        self.state().held = false;
        self.changed.notify_all();
    }

    /// The commits so far, in order.
    pub fn commits(&self) -> Vec<Commit> {
        self.state().commits.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}

impl BatchSink for Meter {
    fn write(&self, batch: &Batch) -> Result<Written, SinkError> {
        let mut state = self.state();
        if state.held {
            state.waiting += 1;
            self.changed.notify_all();
            state = self
                .changed
                .wait_while(state, |state| state.held)
                .expect("no holder panics");
            state.waiting -= 1;
        }
        drop(state);
        let started = Instant::now();
        let written = self.sink.write(batch)?;
        let took = started.elapsed();
        self.state().commits.push(Commit {
            took,
            events: batch.events(),
        });
        Ok(written)
    }

    fn dedup_window(&self) -> DedupWindow {
        self.sink.dedup_window()
    }
}
