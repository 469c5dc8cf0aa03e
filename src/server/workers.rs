//! The threads that serve: as many awake as there are processors, and one more for each that is blocked.
//!
//! More threads than processors do not serve faster: they are woken for each request and put to sleep after it, which
//! costs more than answering from memory, and each fetches its own stack and buffers anew. But a thread that waits for
//! the disk, a lock or a client's body serves nobody. So whoever may wait enters a blocking section, and another thread
//! takes its place. After that there is one thread too many: the next worker to finish goes idle, and exits after a while.
//!
//! Invariant, under the lock: `threads = awake + blocked + idle`. Each thread's share is taken and given back by guards,
//! so that a panic leaves the sums right.

use std::cell::Cell;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::metrics::Metrics;

/// How long a thread stays idle before it exits.
const IDLE_EXIT: Duration = Duration::from_secs(2);

type Work = dyn Fn(&Worker<'_>) + Send + Sync;

/// See the module.
pub(super) struct WorkerPool {
    wanted: usize,
    max: usize,
    /// What each thread does until it returns.
    work: Box<Work>,
    state: Mutex<State>,
    /// `state.awake`, for a look without the lock.
    awake: AtomicUsize,
    /// Wakes an idle thread.
    wanted_again: Condvar,
    /// A thread has exited.
    exited: Condvar,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct State {
    threads: usize,
    awake: usize,
    blocked: usize,
    idle: usize,
    /// Of those idle, how many have been woken and count as awake already.
    woken: usize,
    stopped: bool,
    next_id: usize,
    handles: Vec<JoinHandle<()>>,
}

/// A thread of the pool; it counts as one until this is dropped.
pub(super) struct Worker<'a> {
    pool: &'a Arc<WorkerPool>,
    blocked: Cell<bool>,
}

/// While this lives its thread may wait, and another serves in its place.
pub(super) struct BlockingGuard<'a>(&'a Worker<'a>);

impl WorkerPool {
    /// A pool without threads, which may grow to `max` of them.
    pub(super) fn new(
        max: usize,
        metrics: Arc<Metrics>,
        work: impl Fn(&Worker<'_>) + Send + Sync + 'static,
    ) -> WorkerPool {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        let wanted = processors.max(2);
        WorkerPool {
            wanted,
            max: max.saturating_add(wanted),
            work: Box::new(work),
            state: Mutex::default(),
            awake: AtomicUsize::new(0),
            wanted_again: Condvar::new(),
            exited: Condvar::new(),
            metrics,
        }
    }

    /// Starts the threads.
    ///
    /// # Errors
    /// When the system gives no thread at all.
    pub(super) fn start(self: &Arc<WorkerPool>) -> io::Result<()> {
        let mut state = self.lock();
        self.spawn(&mut state)?;
        self.fill(&mut state);
        Ok(())
    }

    /// Starts no more threads, and lets idle ones exit.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.wanted_again.notify_all();
    }

    /// Waits until all threads have exited, at most until the deadline. Returns how many have not.
    pub(super) fn join(&self, deadline: Instant) -> usize {
        let mut state = self.lock();
        while state.threads > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return state.threads;
            }
            (state, _) = self
                .exited
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let handles = std::mem::take(&mut state.handles);
        drop(state);
        for handle in handles {
            // A panic was reported where it happened.
            let _ = handle.join();
        }
        0
    }

    /// Wakes or starts threads until enough are awake.
    fn fill(self: &Arc<WorkerPool>, state: &mut State) {
        while state.awake < self.wanted && !state.stopped {
            if state.idle > state.woken {
                state.woken += 1;
                self.add_awake(state, 1);
                self.wanted_again.notify_one();
            } else if state.threads >= self.max {
                return;
            } else if let Err(error) = self.spawn(state) {
                tracing::warn!(%error, "cannot start one more thread to serve with");
                return;
            }
        }
    }

    fn spawn(self: &Arc<WorkerPool>, state: &mut State) -> io::Result<()> {
        let pool = Arc::clone(self);
        let name = format!("http-{}", state.next_id);
        let handle = crate::thread::spawn(name, move || {
            let worker = Worker {
                pool: &pool,
                blocked: Cell::new(false),
            };
            (pool.work)(&worker);
        })?;
        state.next_id = (state.next_id + 1) % 1_000_000;
        state.threads += 1;
        self.add_awake(state, 1);
        self.metrics.http_threads.inc();
        if state.handles.len() >= 2 * state.threads + 16 {
            state.handles.retain(|handle| !handle.is_finished());
        }
        state.handles.push(handle);
        Ok(())
    }

    fn add_awake(&self, state: &mut State, n: isize) {
        state.awake = state.awake.saturating_add_signed(n);
        self.awake.store(state.awake, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker<'_> {
    /// To be called between two pieces of work. Goes idle where too many threads are awake. Returns whether the thread
    /// should go on.
    pub(super) fn keep_going(&self) -> bool {
        let pool = self.pool;
        if pool.awake.load(Ordering::Relaxed) <= pool.wanted {
            return true;
        }
        let mut state = pool.lock();
        if state.awake <= pool.wanted {
            return true;
        }
        state.idle += 1;
        pool.add_awake(&mut state, -1);
        let until = Instant::now() + IDLE_EXIT;
        while state.woken == 0 && !state.stopped {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            (state, _) = pool
                .wanted_again
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.idle -= 1;
        if state.woken > 0 {
            state.woken -= 1;
            return true;
        }
        // It counts as awake once more, until it exits.
        pool.add_awake(&mut state, 1);
        false
    }

    /// The thread may wait for something other than the next event until the guard is dropped. `None` if it is in a
    /// blocking section already.
    pub(super) fn enter_blocking(&self) -> Option<BlockingGuard<'_>> {
        if self.blocked.replace(true) {
            return None;
        }
        let mut state = self.pool.lock();
        state.blocked += 1;
        self.pool.add_awake(&mut state, -1);
        self.pool.fill(&mut state);
        Some(BlockingGuard(self))
    }
}

impl Drop for BlockingGuard<'_> {
    fn drop(&mut self) {
        let pool = self.0.pool;
        let mut state = pool.lock();
        self.0.blocked.set(false);
        state.blocked -= 1;
        pool.add_awake(&mut state, 1);
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        state.threads -= 1;
        self.pool.add_awake(&mut state, -1);
        self.pool.metrics.http_threads.dec();
        // After a panic one is missing.
        self.pool.fill(&mut state);
        self.pool.exited.notify_all();
    }
}
