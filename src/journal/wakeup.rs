//! Wakes the thread that has segments ready.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How often it looks without being asked.
const EVERY: Duration = Duration::from_secs(1);

/// Wakes the thread, and ends it.
#[derive(Debug, Default)]
pub(super) struct Wakeup {
    state: Mutex<State>,
    condvar: Condvar,
}

#[derive(Debug, Default)]
struct State {
    asked: bool,
    stopped: bool,
}

impl Wakeup {
    /// Has the thread look now.
    pub(super) fn notify(&self) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .asked = true;
        self.condvar.notify_one();
    }

    /// Ends the thread.
    pub(super) fn stop(&self) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .stopped = true;
        self.condvar.notify_one();
    }

    /// Waits until it is time to look. Returns `false` at the end.
    pub(super) fn wait(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut state, _) = self
            .condvar
            .wait_timeout_while(state, EVERY, |state| !state.asked && !state.stopped)
            .unwrap_or_else(PoisonError::into_inner);
        state.asked = false;
        !state.stopped
    }
}
