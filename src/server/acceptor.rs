//! Accepting connections: without waiting, as far as there are places, and making one where there is none.

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use tiny_http::{Server, SslContextWrap};

use super::connection::Connection;
use super::displacement::{self, Census};
use super::first_requests::FirstRequests;
use super::listener::Listener;
use super::poller::{Poller, Token};
use super::raw_fd;
use crate::metrics::Metrics;

/// How long a stop waits for the first request of a connection: a client sends it as soon as it is connected.
const FIRST_REQUEST: Duration = Duration::from_millis(500);

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    /// In all.
    pub(super) connections: usize,
    /// For one address.
    pub(super) per_address: Option<usize>,
}

/// Accepts for all workers; one of them at a time does so.
pub(super) struct Acceptor {
    listener: Listener,
    places: Places,
    census: Census,
    idle_timeout: Duration,
    /// Open connections.
    open: AtomicUsize,
    first_requests: Arc<FirstRequests>,
    /// The last connection has ended. Used once the server stops.
    none_open: Condvar,
    none_open_lock: Mutex<()>,
    /// Whether clients came that nobody has accepted yet.
    pending: AtomicBool,
    /// Whether some of them were left waiting, for want of room or of a descriptor: then whoever ends a connection,
    /// or leaves one idle, accepts again.
    blocked: AtomicBool,
    stopped: AtomicBool,
    /// Held by who accepts.
    state: Mutex<AcceptState>,
    metrics: Arc<Metrics>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum AcceptState {
    #[default]
    Accepting,
    /// All places are taken, and nobody can give way.
    AtCapacity,
    /// The system refused the last connection, which is logged once.
    Failing,
}

/// What the acceptor needs of the server.
pub(super) trait Connections<E> {
    /// Where connections wait.
    fn poller(&self) -> &Poller<Connection<E>>;
    /// Ends a connection that was taken.
    fn end(&self, token: Token, connection: Box<Connection<E>>);
}

enum Room {
    Free,
    /// Nobody waits to be accepted.
    NotNeeded,
    None,
}

/// A connection as the library accepted it.
struct Accepted {
    owner: Box<dyn Any + Send>,
    socket: RawFd,
    peer: SocketAddr,
}

impl Acceptor {
    pub(super) fn new(
        listener: Listener,
        places: Places,
        census: Census,
        idle_timeout: Duration,
        metrics: Arc<Metrics>,
    ) -> Acceptor {
        Acceptor {
            listener,
            places,
            census,
            idle_timeout,
            open: AtomicUsize::new(0),
            first_requests: Arc::default(),
            none_open: Condvar::new(),
            none_open_lock: Mutex::new(()),
            pending: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            state: Mutex::default(),
            metrics,
        }
    }

    /// The address served.
    pub(super) fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Open connections.
    fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Waits until no connection is open, at most until the deadline. For after [`Acceptor::stop`].
    pub(super) fn wait_until_none_open(&self, deadline: Instant) {
        let mut guard = self.lock_none_open();
        while self.open() > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            (guard, _) = self
                .none_open
                .wait_timeout(guard, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits a moment, at most until the deadline, for connections that nobody else can answer: those accepted from a
    /// socket that is handed on. For after [`Acceptor::stop`].
    pub(super) fn wait_for_first_requests(&self, deadline: Instant) {
        if self.listener.is_inherited() {
            // Who was accepting when this stopped has counted its last connection then.
            drop(self.state.lock());
            let by = Instant::now() + FIRST_REQUEST;
            self.first_requests.wait_until_none(by.min(deadline));
        }
    }

    fn lock_none_open(&self) -> MutexGuard<'_, ()> {
        self.none_open_lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts nothing more.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.listener.close();
    }

    /// Accepts those who came. Never waits: where another worker accepts already, that one goes on.
    pub(super) fn accept_pending<E: Send + 'static>(&self, connections: &impl Connections<E>) {
        self.pending.store(true, Ordering::SeqCst);
        while self.pending.load(Ordering::SeqCst) {
            let mut state = match self.state.try_lock() {
                Ok(guard) => guard,
                Err(TryLockError::Poisoned(guard)) => guard.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            while self.pending.swap(false, Ordering::SeqCst) {
                self.accept_all(connections, &mut state);
            }
        }
    }

    /// Accepts those who were left waiting, if any were. To be called when a connection ended or went idle.
    pub(super) fn accept_blocked<E: Send + 'static>(&self, connections: &impl Connections<E>) {
        if self.blocked.load(Ordering::Relaxed) && self.blocked.swap(false, Ordering::SeqCst) {
            self.accept_pending(connections);
        }
    }

    /// To be called when a connection has ended.
    pub(super) fn ended(&self, peer: SocketAddr) {
        self.census.remove(peer.ip());
        let open = self.open.fetch_sub(1, Ordering::SeqCst) - 1;
        self.metrics.connections.dec();
        if open == 0 && self.stopped.load(Ordering::Acquire) {
            // Taking the lock orders this after the waiter's last count and before its wait.
            let _guard = self.lock_none_open();
            self.none_open.notify_all();
        }
    }

    fn accept_all<E: Send + 'static>(
        &self,
        connections: &impl Connections<E>,
        state: &mut AcceptState,
    ) {
        let mut picked = Vec::new();
        while !self.stopped.load(Ordering::Acquire) {
            match self.room(connections, &mut picked) {
                Room::Free => {}
                Room::NotNeeded => return,
                Room::None => return self.block(state, AcceptState::AtCapacity),
            }
            let accepted = self.accept(connections.poller());
            match accepted.and_then(|accepted| self.admit(accepted, connections.poller())) {
                Ok(()) => *state = AcceptState::Accepting,
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return,
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted => {}
                    _ => {
                        if *state != AcceptState::Failing {
                            tracing::warn!(why = %error, "cannot accept a connection; going on when another ends");
                        }
                        return self.block(state, AcceptState::Failing);
                    }
                },
            }
        }
    }

    fn block(&self, state: &mut AcceptState, why: AcceptState) {
        *state = why;
        self.blocked.store(true, Ordering::SeqCst);
    }

    /// Makes room for one more connection where there is none.
    fn room<E: Send + 'static>(
        &self,
        connections: &impl Connections<E>,
        picked: &mut Vec<Token>,
    ) -> Room {
        let has_room = || self.open() < self.places.connections;
        if has_room() {
            return Room::Free;
        }
        if !self.listener.has_pending() {
            return Room::NotNeeded;
        }
        for pass in 0..2 {
            while let Some(token) = picked.pop() {
                let given = connections
                    .poller()
                    .take_one(token, displacement::gives_way);
                if let Some(connection) = given {
                    self.metrics.connections_displaced.inc();
                    connections.end(token, connection);
                    return Room::Free;
                }
            }
            if pass == 0 {
                *picked = displacement::pick(connections.poller(), &self.census);
            }
        }
        // One may have ended meanwhile.
        if has_room() { Room::Free } else { Room::None }
    }

    fn admit<E: Send + 'static>(
        &self,
        accepted: Accepted,
        poller: &Poller<Connection<E>>,
    ) -> io::Result<()> {
        let Accepted {
            owner,
            socket,
            peer,
        } = accepted;
        let held = self.census.add(peer.ip());
        self.open.fetch_add(1, Ordering::SeqCst);
        self.metrics.connections.inc();
        if let (Some(held), Some(most)) = (held, self.places.per_address)
            && held > most
        {
            self.metrics.connections_refused.inc();
            self.ended(peer);
            return Ok(());
        }
        let deadline = Instant::now() + self.idle_timeout;
        let first_request = self.first_requests.add();
        let connection = Connection::new(owner, socket, peer, deadline, first_request);
        poller.insert(connection).inspect_err(|_| self.ended(peer))
    }

    /// Accepts a connection. Only the holder of `state` may do so.
    ///
    /// The library does not say which socket a connection is. It is the number that was free just before; and it is
    /// checked, for a socket with that number that is connected to this port can only have been accepted just now.
    /// Where a file that another thread opened meanwhile took the number, all descriptors are looked through.
    ///
    /// # Errors
    /// `WouldBlock` when nobody waits, `Other` when the system has no descriptor left, and what else it says.
    fn accept<E: Send + 'static>(&self, poller: &Poller<Connection<E>>) -> io::Result<Accepted> {
        let plain = SslContextWrap::build_ssl_capabilities(None).map_err(io::Error::other)?;
        let predicted = raw_fd::predict_fd(self.listener.as_fd())?;
        // The library panics where the system refuses a second descriptor for a connection.
        let accepted = catch_unwind(AssertUnwindSafe(|| {
            Server::accept_connection(self.listener.socket(), &plain)
        }));
        let owner = accepted
            .map_err(|_| io::Error::other("no descriptor left"))??
            .ok_or_else(|| io::Error::other("not plain HTTP"))?;
        let listening = self.listener.address();
        let found = raw_fd::peer(predicted, listening).map(|peer| (predicted, peer));
        let found = found.or_else(|| {
            let socket = raw_fd::scan_fds(listening, &poller.peers())?;
            raw_fd::peer(socket, listening).map(|peer| (socket, peer))
        });
        // A client that has gone already has no name, and needs no answer.
        let (socket, peer) = found.ok_or(io::ErrorKind::ConnectionAborted)?;
        Ok(Accepted {
            owner: Box::new(owner),
            socket,
            peer,
        })
    }
}
