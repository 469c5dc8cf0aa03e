//! Deadlines on clients: the thread that ends connections whose client keeps the server waiting too long.
//!
//! A timeout on the socket alone would not do. It starts anew with every byte, so a client that sends one now and then
//! would hold a thread for ever; and the library answers it with a stray `400`, which a client that sends its next
//! request in that moment would take for the answer. So each connection thread says until when it will wait, and this
//! one ends connections from outside; the socket's own timeout stands behind it, longer. Connections that are parked
//! have their own clock.
//!
//! Some threads come back from nothing. A request of HTTP version 2.0 or 3.0 makes the library (0.12.17) wait for its
//! own answer to the same request, inside itself, for ever. The first of what has arrived is answered before it sees it;
//! one behind another is in the library's buffer before anybody else can look. Such a thread is written off, so that
//! its place in the pool is free again: it costs two descriptors and its stack, and how many may be written off is
//! bounded.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flume::{Receiver, RecvTimeoutError, Sender};

use super::pool::Pool;
use super::sockets;

const NO_DEADLINE: u64 = u64::MAX;

/// How long after its connection was ended a thread may take to notice.
const GRACE: Duration = Duration::from_secs(2);

/// What one connection thread tells about itself. Written by that thread and read by the watch, but where it says
/// otherwise.
#[derive(Debug)]
pub(super) struct Seat {
    epoch: Instant,
    /// Until when the client may keep this thread waiting: milliseconds from `epoch`.
    deadline: AtomicU64,
    /// The deadline for which the watch has ended the connection, and when: milliseconds from `epoch`. Used by the
    /// watch alone.
    ended: Mutex<Option<(u64, u64)>>,
    /// The socket of the connection served. Whoever uses the number holds this lock, so that it cannot be closed and
    /// given to another connection meanwhile.
    socket: Mutex<Option<RawFd>>,
    /// Whether the thread waits for something: see `crew.rs`, under whose lock this and the next change.
    held_up: AtomicBool,
    /// Whether the thread was written off.
    lost: AtomicBool,
}

impl Seat {
    /// Waits for the client from now on, at most for `limit`.
    pub(super) fn wait(&self, limit: Duration) {
        let at = self.epoch.elapsed().saturating_add(limit).as_millis();
        self.deadline
            .store(u64::try_from(at).unwrap_or(NO_DEADLINE), Ordering::Relaxed);
    }

    /// Waits for the client no more.
    pub(super) fn done(&self) {
        self.deadline.store(NO_DEADLINE, Ordering::Relaxed);
    }

    /// Has the connection of this socket from now on; `None` when it gives it up.
    pub(super) fn serves(&self, socket: Option<RawFd>) {
        *self.socket.lock().unwrap_or_else(PoisonError::into_inner) = socket;
    }

    /// Takes nothing more from the client: reading ends once what has arrived is read.
    pub(super) fn stop_reading(&self) {
        self.on_socket(sockets::stop_reading);
    }

    /// Ends the connection, if it has one.
    pub(super) fn end(&self) {
        self.on_socket(sockets::end);
    }

    pub(super) fn is_held_up(&self) -> bool {
        self.held_up.load(Ordering::Acquire)
    }

    pub(super) fn set_held_up(&self, held_up: bool) {
        self.held_up.store(held_up, Ordering::Release);
    }

    pub(super) fn set_lost(&self) {
        self.lost.store(true, Ordering::Release);
    }

    /// Whether this thread was written off: then its place in the pool is no longer its own.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    /// Whether the thread has a connection at all.
    fn is_busy(&self) -> bool {
        let socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        socket.is_some()
    }

    fn on_socket(&self, act: impl FnOnce(RawFd)) {
        let socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(socket) = *socket {
            act(socket);
        }
    }
}

/// Who sits where: shared by the connection threads, which take seats, and the watch. One entry a thread.
#[derive(Debug)]
pub(super) struct Seats {
    epoch: Instant,
    seats: Mutex<Vec<Weak<Seat>>>,
}

impl Seats {
    pub(super) fn new() -> Seats {
        Seats {
            epoch: Instant::now(),
            seats: Mutex::default(),
        }
    }

    /// A seat for a thread, given up by dropping it.
    pub(super) fn take(&self) -> Arc<Seat> {
        let seat = Arc::new(Seat {
            epoch: self.epoch,
            deadline: AtomicU64::new(NO_DEADLINE),
            ended: Mutex::default(),
            socket: Mutex::default(),
            held_up: AtomicBool::new(false),
            lost: AtomicBool::new(false),
        });
        self.lock().push(Arc::downgrade(&seat));
        seat
    }

    /// All seats that are taken, but those of lost threads.
    pub(super) fn taken(&self) -> Vec<Arc<Seat>> {
        let mut seats = self.lock();
        seats.retain(|seat| seat.strong_count() > 0);
        let taken = seats.iter().filter_map(Weak::upgrade);
        taken.filter(|seat| !seat.is_lost()).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Seat>>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread. It ends when this is stopped.
pub(super) struct Watch {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Watch {
    /// Starts it; a connection may be silent for `idle`.
    pub(super) fn start(
        pool: Weak<Pool>,
        seats: Arc<Seats>,
        idle: Duration,
    ) -> std::io::Result<Watch> {
        let (stop, stopped) = flume::bounded(0);
        let thread = crate::thread::spawn("http-watch".to_owned(), move || {
            run(&pool, &seats, idle, &stopped);
        })?;
        Ok(Watch { stop, thread })
    }

    pub(super) fn stop(self) {
        drop(self.stop);
        // A panic was reported where it happened.
        let _ = self.thread.join();
    }
}

fn run(pool: &Weak<Pool>, seats: &Seats, idle: Duration, stopped: &Receiver<()>) {
    let every = (idle / 8).clamp(Duration::from_millis(20), Duration::from_secs(1));
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(every) {
        let Some(pool) = pool.upgrade() else {
            return;
        };
        if let Some(since) = Instant::now().checked_sub(idle) {
            pool.end_idle(since);
        }
        end_late(&pool, seats);
        // Should the system have refused one, nobody else would try again.
        pool.accept_waiting();
    }
}

/// Ends connections whose deadline is over, and gives up the threads that do not notice. A process that was stopped for
/// a while finds many deadlines long over: each thread has its grace from the moment its connection was ended.
fn end_late(pool: &Pool, seats: &Seats) {
    let now = u64::try_from(seats.epoch.elapsed().as_millis()).unwrap_or(NO_DEADLINE);
    let grace = u64::try_from(GRACE.as_millis()).unwrap_or(NO_DEADLINE);
    for seat in seats.taken() {
        let deadline = seat.deadline.load(Ordering::Relaxed);
        if deadline > now || !seat.is_busy() {
            continue;
        }
        let mut ended = seat.ended.lock().unwrap_or_else(PoisonError::into_inner);
        match *ended {
            Some((known, at)) if known == deadline => {
                if at.saturating_add(grace) <= now {
                    pool.write_off(&seat);
                }
            }
            _ => {
                seat.end();
                *ended = Some((deadline, now));
            }
        }
    }
}
