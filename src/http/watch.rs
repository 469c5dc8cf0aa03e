//! Deadlines on clients: the thread that ends connections whose client keeps a server thread waiting too long.
//!
//! A timeout on the socket alone would not do. It starts anew with every byte, so a client that sends one now and then
//! would hold a thread for ever; and the library answers it with a stray `400`, which a client that sends its next
//! request in that moment would take for the answer. So each connection thread says until when it will wait, and this
//! one ends connections from outside; the socket's own timeout stands behind it, longer.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flume::{Receiver, RecvTimeoutError, Sender};

use super::sockets::{self, Accepted};

const NO_DEADLINE: u64 = u64::MAX;

/// What one connection thread tells about its client. Written by that thread, read by the watch; two values.
#[derive(Debug)]
pub(super) struct Seat {
    epoch: Instant,
    /// Until when the client may keep this thread waiting: milliseconds from `epoch`.
    deadline: AtomicU64,
    /// The client, once a request told it.
    peer: Mutex<Option<SocketAddr>>,
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
        seats: Arc<Seats>,
        listening: SocketAddr,
        idle: Duration,
    ) -> std::io::Result<Watch> {
        let (stop, stopped) = flume::bounded(0);
        let watcher = Watcher {
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
        for seat in self.seats.taken() {
            let deadline = seat.deadline.load(Ordering::Relaxed);
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
