//! Deadlines on clients: the thread that ends connections whose client keeps a server thread waiting too long.
//!
//! A timeout on the socket alone would not do. It starts anew with every byte, so a client that sends one now and then
//! would hold a thread for ever; and the library answers it with a stray `400`, which a client that sends its next
//! request in that moment would take for the answer. So each connection thread says until when it will wait, and this
//! one ends connections from outside; the socket's own timeout stands behind it, longer.
//!
//! Some threads come back from nothing. A request of HTTP version 2.0 or 3.0 makes the library (0.12.17) wait for its
//! own answer to the same request, inside itself, for ever; it cannot be seen beforehand, for pipelined requests are
//! in the library's buffer before anybody else can look. Such a thread is written off, so that its place in the pool
//! is free again: it costs two descriptors and its stack, and how many may be written off is bounded.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flume::{Receiver, RecvTimeoutError, Sender};

use super::pool::Pool;
use super::sockets::{self, Accepted};

const NO_DEADLINE: u64 = u64::MAX;

/// How long after its connection was ended a thread may take to notice.
const GRACE: Duration = Duration::from_secs(2);

/// What one connection thread tells about its client. Written by that thread, read by the watch; two values.
#[derive(Debug)]
pub(super) struct Seat {
    epoch: Instant,
    /// Until when the client may keep this thread waiting: milliseconds from `epoch`.
    deadline: AtomicU64,
    /// The client, once a request told it.
    peer: Mutex<Option<SocketAddr>>,
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

    /// The connection's client is `peer`; `None` when it has ended.
    pub(super) fn set_peer(&self, peer: Option<SocketAddr>) {
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner) = peer;
    }

    /// Whether this thread was written off: then its place in the pool is no longer its own.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    fn peer(&self) -> Option<SocketAddr> {
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner)
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
            peer: Mutex::default(),
            lost: AtomicBool::new(false),
        });
        self.lock().push(Arc::downgrade(&seat));
        seat
    }

    fn taken(&self) -> Vec<Arc<Seat>> {
        let mut seats = self.lock();
        seats.retain(|seat| seat.strong_count() > 0);
        seats.iter().filter_map(Weak::upgrade).collect()
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
    /// Starts it for connections accepted on `listening`, of which one that has sent no request yet may be silent for
    /// `idle`.
    pub(super) fn start(
        pool: Weak<Pool>,
        seats: Arc<Seats>,
        listening: SocketAddr,
        idle: Duration,
    ) -> std::io::Result<Watch> {
        let (stop, stopped) = flume::bounded(0);
        let watcher = Watcher {
            pool,
            seats,
            listening,
            idle,
            strangers: HashMap::new(),
        };
        let thread = crate::thread::spawn("http-watch".to_owned(), move || watcher.run(&stopped))?;
        Ok(Watch { stop, thread })
    }

    pub(super) fn stop(self) {
        drop(self.stop);
        // A panic was reported where it happened.
        let _ = self.thread.join();
    }
}

struct Watcher {
    pool: Weak<Pool>,
    seats: Arc<Seats>,
    listening: SocketAddr,
    idle: Duration,
    /// Clients that have sent no request yet, and since when they are known. No more than there are seats.
    strangers: HashMap<SocketAddr, Instant>,
}

impl Watcher {
    fn run(mut self, stopped: &Receiver<()>) {
        let every = (self.idle / 8).clamp(Duration::from_millis(20), Duration::from_secs(1));
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(every) {
            self.look();
        }
    }

    fn look(&mut self) {
        let now = u64::try_from(self.seats.epoch.elapsed().as_millis()).unwrap_or(NO_DEADLINE);
        let mut known = Vec::new();
        let mut late = Vec::new();
        let mut strangers = false;
        let grace = u64::try_from(GRACE.as_millis()).unwrap_or(NO_DEADLINE);
        for seat in self
            .seats
            .taken()
            .into_iter()
            .filter(|seat| !seat.is_lost())
        {
            let deadline = seat.deadline.load(Ordering::Relaxed);
            if deadline.saturating_add(grace) <= now
                && let Some(pool) = self.pool.upgrade()
                && pool.write_off()
            {
                seat.lost.store(true, Ordering::Release);
                continue;
            }
            match seat.peer() {
                Some(peer) => {
                    known.push(peer);
                    if deadline <= now {
                        late.push(peer);
                    }
                }
                None => strangers |= deadline != NO_DEADLINE,
            }
        }
        if !strangers {
            self.strangers.clear();
        }
        if !strangers && late.is_empty() {
            return;
        }
        let accepted = sockets::accepted_on(self.listening);
        if strangers {
            late.extend(self.late_strangers(&accepted, &known));
        }
        for connection in accepted
            .iter()
            .filter(|connection| late.contains(&connection.peer))
        {
            connection.end();
        }
    }

    /// A connection that has sent no request is known only to the kernel. A thread that has just accepted one, or
    /// learned its name a moment ago, makes it look new, never old.
    fn late_strangers(&mut self, accepted: &[Accepted], known: &[SocketAddr]) -> Vec<SocketAddr> {
        let now = Instant::now();
        let seen = std::mem::take(&mut self.strangers);
        for connection in accepted
            .iter()
            .filter(|connection| !known.contains(&connection.peer))
        {
            let since = seen.get(&connection.peer).copied().unwrap_or(now);
            self.strangers.insert(connection.peer, since);
        }
        let late = |since: &Instant| now.duration_since(*since) >= self.idle;
        self.strangers
            .iter()
            .filter(|(_, since)| late(since))
            .map(|(peer, _)| *peer)
            .collect()
    }
}
