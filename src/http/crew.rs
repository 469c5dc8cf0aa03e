//! The threads that serve: as many at work as there are processors, and one more for each that is held up.
//!
//! More threads than processors do not serve faster. They are woken one for each request and put to sleep after it,
//! which costs more than answering from memory; and each fetches its own stack and buffers anew. But a thread that
//! waits for a slow client, the disk or a lock serves nobody, so whoever is about to wait says so, and another takes
//! its place. When the wait is over there is one too many; the next that is done rests on the bench, and ends after a
//! while.
//!
//! Invariant, under the lock: `threads = awake + held_up + benched`; where `awake < wanted`, there are `max` threads or
//! the system gives none.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::watch::Seat;
use crate::metrics::Metrics;

/// How long a thread rests on the bench before it ends.
const REST: Duration = Duration::from_secs(5);

/// See the module.
pub(super) struct Crew {
    wanted: usize,
    max: usize,
    max_lost: usize,
    /// What each thread does; it is to call [`Crew::rest`] whenever it is done with something, and
    /// [`Crew::leave`] at its end.
    work: Arc<dyn Fn() + Send + Sync>,
    state: Mutex<State>,
    /// `state.awake`, for a look without the lock.
    awake: AtomicUsize,
    bench: Condvar,
    left: Condvar,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct State {
    threads: usize,
    awake: usize,
    held_up: usize,
    benched: usize,
    /// Of those benched, how many have been called and count as awake already.
    called: usize,
    /// Threads written off; no longer among `threads`.
    lost: usize,
    stopped: bool,
    next_number: usize,
    handles: Vec<JoinHandle<()>>,
}

/// A thread waits for something as long as this lives.
pub(super) struct HeldUp<'a> {
    crew: &'a Crew,
    seat: &'a Seat,
}

impl Crew {
    /// A crew of nobody. At most `max` threads are there at once, and at most `max_lost` lost for good beside them.
    pub(super) fn new(
        max: usize,
        max_lost: usize,
        metrics: Arc<Metrics>,
        work: Arc<dyn Fn() + Send + Sync>,
    ) -> Crew {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Crew {
            wanted: processors.max(2),
            max,
            max_lost,
            work,
            state: Mutex::default(),
            awake: AtomicUsize::new(0),
            bench: Condvar::new(),
            left: Condvar::new(),
            metrics,
        }
    }

    /// Starts the threads.
    ///
    /// # Errors
    /// When the system gives no thread at all.
    pub(super) fn start(&self) -> io::Result<()> {
        let mut state = self.lock();
        self.spawn(&mut state)?;
        self.fill(&mut state);
        Ok(())
    }

    /// The calling thread may wait for something other than the next call, from now on until what is returned is
    /// dropped. `None` if it does so already.
    pub(super) fn held_up<'a>(&'a self, seat: &'a Seat) -> Option<HeldUp<'a>> {
        if seat.is_held_up() {
            return None;
        }
        let mut state = self.lock();
        if seat.is_lost() {
            // It is counted nowhere any more.
            return None;
        }
        seat.set_held_up(true);
        state.held_up += 1;
        self.add_awake(&mut state, -1);
        self.fill(&mut state);
        Some(HeldUp { crew: self, seat })
    }

    /// To be called by a thread that is done with something. Rests if there are too many. Returns whether the thread
    /// should go on; if not, it is no longer counted.
    pub(super) fn rest(&self) -> bool {
        if self.awake.load(Ordering::Relaxed) <= self.wanted {
            return true;
        }
        let mut state = self.lock();
        if state.awake <= self.wanted {
            return true;
        }
        state.benched += 1;
        self.add_awake(&mut state, -1);
        let until = Instant::now() + REST;
        while state.called == 0 && !state.stopped {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            (state, _) = self
                .bench
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.benched -= 1;
        if state.called > 0 {
            state.called -= 1;
            return true;
        }
        self.uncount(&mut state);
        false
    }

    /// To be called by a thread that ends after [`Crew::stop`].
    pub(super) fn leave(&self) {
        let mut state = self.lock();
        self.add_awake(&mut state, -1);
        self.uncount(&mut state);
    }

    /// Gives up the thread of `seat`, which does not come back from the library. Returns whether it was given up:
    /// beyond the bound it keeps its place.
    pub(super) fn write_off(&self, seat: &Seat) -> bool {
        let mut state = self.lock();
        if state.lost >= self.max_lost {
            return false;
        }
        state.lost += 1;
        seat.set_lost();
        if seat.is_held_up() {
            state.held_up -= 1;
        } else {
            self.add_awake(&mut state, -1);
        }
        self.uncount(&mut state);
        self.metrics.http_threads_lost.inc();
        tracing::error!(
            lost = state.lost,
            "a connection thread does not come back from the HTTP library; it is replaced"
        );
        self.fill(&mut state);
        true
    }

    /// Sends home those who rest, and lets nobody rest any more.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.bench.notify_all();
    }

    /// Waits for the threads to leave, at most for `limit`. Returns how many are still there.
    pub(super) fn wait(&self, limit: Duration) -> usize {
        let state = self.lock();
        let there = |state: &mut State| state.threads > 0;
        let (state, _) = self
            .left
            .wait_timeout_while(state, limit, there)
            .unwrap_or_else(PoisonError::into_inner);
        state.threads
    }

    /// Joins the threads that have left. Returns how many have not, lost ones among them.
    pub(super) fn join(&self) -> usize {
        let (remaining, handles) = {
            let mut state = self.lock();
            let handles = std::mem::take(&mut state.handles);
            (state.threads + state.lost, handles)
        };
        let ends = |handle: &JoinHandle<()>| remaining == 0 || handle.is_finished();
        for handle in handles.into_iter().filter(ends) {
            // A panic was reported where it happened.
            let _ = handle.join();
        }
        remaining
    }

    /// Sees to it that enough are awake: from the bench, else new ones.
    fn fill(&self, state: &mut State) {
        while state.awake < self.wanted && !state.stopped {
            if state.benched > state.called {
                state.called += 1;
                self.add_awake(state, 1);
                self.bench.notify_one();
            } else if state.threads >= self.max {
                return;
            } else if let Err(error) = self.spawn(state) {
                // Those there are go on; whoever is held up next tries again.
                tracing::warn!(%error, "cannot start one more connection thread");
                return;
            }
        }
    }

    fn spawn(&self, state: &mut State) -> io::Result<()> {
        let work = Arc::clone(&self.work);
        let name = format!("http-{}", state.next_number);
        let handle = crate::thread::spawn(name, move || work())?;
        state.next_number = (state.next_number + 1) % 1_000_000;
        state.threads += 1;
        self.add_awake(state, 1);
        self.metrics.http_threads.inc();
        if state.handles.len() >= 2 * state.threads + 16 {
            state.handles.retain(|handle| !handle.is_finished());
        }
        state.handles.push(handle);
        Ok(())
    }

    fn uncount(&self, state: &mut State) {
        state.threads -= 1;
        self.metrics.http_threads.dec();
        self.left.notify_all();
    }

    fn add_awake(&self, state: &mut State, n: isize) {
        state.awake = state.awake.saturating_add_signed(n);
        self.awake.store(state.awake, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for HeldUp<'_> {
    fn drop(&mut self) {
        let mut state = self.crew.lock();
        self.seat.set_held_up(false);
        // One that was written off has come back after all; its place is no longer its own.
        if !self.seat.is_lost() {
            state.held_up -= 1;
            self.crew.add_awake(&mut state, 1);
        }
    }
}
