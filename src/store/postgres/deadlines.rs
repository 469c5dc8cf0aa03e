//! The end of waits for a server that does not answer: frozen, or behind something that keeps the connection open.
//!
//! The kernel notices a peer that is gone, but nothing tells of one that takes a statement and never answers, and libpq waits
//! without a limit. So each statement has a deadline, and one thread shuts the socket down when it has passed: then the
//! statement fails like on any broken connection.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::connection::InstrumentationEvent;
use flume::{Receiver, RecvTimeoutError, Sender};
use nix::sys::socket::{Shutdown, shutdown};

/// How often is looked for statements whose time has passed.
const INTERVAL: Duration = Duration::from_millis(250);

/// One connection's.
pub struct Deadline {
    /// Taken out before the socket is closed, under the lock by which it is shut down.
    socket: Mutex<Option<RawFd>>,
    /// How long a statement may take from now on. Milliseconds.
    limit: AtomicU64,
    /// When the statement under way must be over, in milliseconds since `epoch`; 0 where none is.
    due: AtomicU64,
    epoch: Instant,
}

impl Deadline {
    /// Sets how long a statement may take.
    pub fn set_limit(&self, limit: Duration) {
        let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// Notes that a statement begins or ends.
    pub fn on_event(&self, event: &InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => {
                let limit = self.limit.load(Ordering::Relaxed);
                self.due
                    .store(self.now().saturating_add(limit), Ordering::Release);
            }
            InstrumentationEvent::FinishQuery { .. } => self.due.store(0, Ordering::Release),
            _ => {}
        }
    }

    /// The connection is about to be closed.
    pub fn forget_socket(&self) {
        *self.socket() = None;
    }

    fn socket(&self) -> MutexGuard<'_, Option<RawFd>> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn end_if_due(&self) {
        let due = self.due.load(Ordering::Acquire);
        if due == 0 || self.now() < due {
            return;
        }
        if let Some(socket) = *self.socket() {
            tracing::warn!("the database has not answered in time; its connection is given up");
            // It may be closed by the other side already.
            let _ = shutdown(socket, Shutdown::Both);
            self.due.store(0, Ordering::Release);
        }
    }
}

type DeadlineList = Arc<Mutex<Vec<Weak<Deadline>>>>;

/// The deadlines of all connections that are there. They are few: two pools and one more.
#[derive(Clone)]
pub struct Deadlines {
    known: DeadlineList,
    epoch: Instant,
}

impl Deadlines {
    /// That of a new connection.
    pub fn add(&self, socket: Option<RawFd>, limit: Duration) -> Arc<Deadline> {
        let deadline = Arc::new(Deadline {
            socket: Mutex::new(socket),
            limit: AtomicU64::new(0),
            due: AtomicU64::new(0),
            epoch: self.epoch,
        });
        deadline.set_limit(limit);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|known| known.strong_count() > 0);
        known.push(Arc::downgrade(&deadline));
        deadline
    }
}

/// The thread that ends waits. It ends when this is dropped.
pub struct DeadlineMonitor {
    deadlines: Deadlines,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl DeadlineMonitor {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start() -> std::io::Result<DeadlineMonitor> {
        let deadlines = Deadlines {
            known: Arc::default(),
            // The first moment is not 0, which stands for none.
            epoch: Instant::now() - Duration::from_millis(1),
        };
        let (stop, stopped) = flume::bounded(0);
        let known = Arc::clone(&deadlines.known);
        let thread =
            crate::thread::spawn("db-deadlines".to_owned(), move || run(&known, &stopped))?;
        Ok(DeadlineMonitor {
            deadlines,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// What connections are added to.
    pub fn deadlines(&self) -> &Deadlines {
        &self.deadlines
    }
}

impl Drop for DeadlineMonitor {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic was reported where it happened.
            let _ = thread.join();
        }
    }
}

fn run(known: &DeadlineList, stopped: &Receiver<()>) {
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(INTERVAL) {
        let known = known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for deadline in known.iter().filter_map(Weak::upgrade) {
            deadline.end_if_due();
        }
    }
}
