//! Connections: accepted, served when they are ready, ended.
//!
//! Between two requests a connection waits in the `parking`, without a thread. A thread of the
//! `crew` takes one that is ready, reads a request, answers it and parks the connection again.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::time::{Duration, Instant};

use super::connection::{Connection, How, Scratch, Then};
use super::crew::Crew;
use super::desk::{Desk, Errand};
use super::listener::Listener;
use super::parking::{Arrival, Call, Parking, Ticket};
use super::service::Service;
use super::watch::{Seat, Seats, Watch};
use crate::fd_limit::Allowed;

/// How often the end of connections is looked after while the pool stops.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The pool of connections, and of the threads that serve them.
pub struct Pool {
    listener: Listener,
    pub(super) service: Arc<Service>,
    max_connections: usize,
    pub(super) idle_timeout: Duration,
    parking: Parking,
    pub(super) crew: Crew,
    /// For requests that read from the store, and for those that write to it, which wait for each other.
    reading: Desk,
    writing: Desk,
    seats: Arc<Seats>,
    /// Taken out to be stopped.
    watch: Mutex<Option<Watch>>,
    stopping: AtomicBool,
    /// Open connections.
    open: AtomicUsize,
    /// Held by the thread that accepts.
    accepting: Mutex<()>,
    /// Whether clients came that nobody has accepted yet.
    newcomers: AtomicBool,
    /// Whether some of them were left waiting for want of room.
    full: AtomicBool,
    /// Whether the system refused the last of them, which is told once until it goes better.
    refusing: AtomicBool,
}

impl Pool {
    /// Starts serving.
    ///
    /// # Errors
    /// When the system gives no thread or no descriptor to wait with.
    pub fn start(
        listener: Listener,
        service: Arc<Service>,
        allowed: Allowed,
        idle_timeout: Duration,
    ) -> io::Result<Arc<Pool>> {
        let parking = Parking::new(allowed.connections + allowed.lost, listener.number())?;
        let seats = Arc::new(Seats::new());
        let pool = Arc::new_cyclic(|pool: &Weak<Pool>| {
            let metrics = Arc::clone(&service.metrics);
            let pool = Weak::clone(pool);
            let work = move || {
                if let Some(pool) = pool.upgrade() {
                    pool.work();
                }
            };
            Pool {
                listener,
                service,
                max_connections: allowed.connections,
                idle_timeout,
                parking,
                crew: Crew::new(allowed.connections, allowed.lost, metrics, Arc::new(work)),
                reading: Desk::default(),
                writing: Desk::default(),
                seats,
                watch: Mutex::default(),
                stopping: AtomicBool::new(false),
                open: AtomicUsize::new(0),
                accepting: Mutex::default(),
                newcomers: AtomicBool::new(false),
                full: AtomicBool::new(false),
                refusing: AtomicBool::new(false),
            }
        });
        let watch = Watch::start(Arc::downgrade(&pool), Arc::clone(&pool.seats), idle_timeout)?;
        *pool.lock_watch() = Some(watch);
        pool.crew.start()?;
        Ok(pool)
    }

    /// The address served.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Whether there is so little room left that a response should end its connection, for others to have their turn.
    pub(super) fn is_crowded(&self) -> bool {
        let reserve = (self.max_connections / 64).clamp(1, 16);
        self.open.load(Ordering::Relaxed) + reserve > self.max_connections
    }

    /// Accepts no more connections. Open ones go on.
    pub fn stop_accepting(&self) {
        self.stopping.store(true, Ordering::Release);
        self.listener.close();
    }

    /// Ends the connections that have been waiting for their client since before `since`.
    pub(super) fn end_idle(&self, since: Instant) {
        for (ticket, connection) in self.parking.take_idle(since) {
            drop(connection);
            self.parking.leave(ticket);
            self.ended_connection();
        }
    }

    /// Ends the connections still open, which are idle by now, and waits for the threads. Returns how many did not
    /// end by the deadline.
    pub fn finish(&self, deadline: Instant) -> usize {
        self.crew.stop();
        self.parking.stop();
        loop {
            // Again each time: a thread may just have been about to park a connection.
            self.end_idle(Instant::now());
            self.seats.taken().iter().for_each(|seat| seat.end());
            self.send_home();
            let left = deadline.saturating_duration_since(Instant::now());
            if self.crew.wait(left.min(LOOK_AGAIN)) == 0 || left.is_zero() {
                break;
            }
        }
        self.end_idle(Instant::now());
        let watch = self.lock_watch().take();
        if let Some(watch) = watch {
            watch.stop();
        }
        self.crew.join()
    }

    /// Ends the connections whose requests stand in line.
    fn send_home(&self) {
        for desk in [&self.reading, &self.writing] {
            for Errand {
                ticket, connection, ..
            } in desk.clear()
            {
                drop(connection);
                self.parking.leave(ticket);
                self.count_ended();
            }
        }
    }

    /// Gives up a thread that does not come back from the library, and its connection with it.
    pub(super) fn write_off(&self, seat: &Seat) {
        if self.crew.write_off(seat) {
            self.count_ended();
        }
    }

    fn lock_watch(&self) -> MutexGuard<'_, Option<Watch>> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What each thread does.
    fn work(&self) {
        let mut scratch = Scratch::default();
        let seat = self.seats.take();
        while self.crew.rest() {
            match self.parking.wait() {
                Call::Nothing => {}
                Call::Newcomers => self.accept(),
                Call::Ready(ticket, arrival) => self.serve(ticket, arrival, &seat, &mut scratch),
                Call::Stop => {
                    self.crew.leave();
                    return;
                }
            }
            if seat.is_lost() {
                // It came back after all, to a crew that has replaced it.
                return;
            }
        }
    }

    /// Serves a connection that is ready.
    fn serve(&self, ticket: Ticket, arrival: Arrival, seat: &Seat, scratch: &mut Scratch) {
        let Some(connection) = self.parking.take(ticket, arrival) else {
            return;
        };
        if let Some(errand) = self.attend(ticket, connection, seat, scratch, false) {
            self.run_errands(errand, seat, scratch);
        }
    }

    /// Serves a connection for as long as it has something at hand. Returns it if its request asks the store and this
    /// thread may not wait.
    fn attend(
        &self,
        ticket: Ticket,
        mut connection: Box<Connection>,
        seat: &Seat,
        scratch: &mut Scratch,
        may_wait: bool,
    ) -> Option<Errand> {
        seat.serves(Some(connection.socket()));
        loop {
            self.parking.look(ticket, &mut connection);
            match connection.serve(self, seat, scratch, may_wait) {
                Then::GoOn => {}
                Then::Ask(request, pass) => {
                    seat.serves(None);
                    return Some(Errand::new(ticket, connection, request, pass));
                }
                Then::Park => {
                    self.park(ticket, connection, seat);
                    return None;
                }
                Then::End => {
                    self.end(ticket, connection, seat);
                    return None;
                }
            }
        }
    }

    fn park(&self, ticket: Ticket, connection: Box<Connection>, seat: &Seat) {
        if seat.is_lost() {
            // It was ended, and counted as ended, with its thread.
            return self.end(ticket, connection, seat);
        }
        // Before another thread may have it.
        seat.serves(None);
        self.parking.park(ticket, connection);
    }

    fn end(&self, ticket: Ticket, connection: Box<Connection>, seat: &Seat) {
        seat.serves(None);
        drop(connection);
        self.parking.leave(ticket);
        if !seat.is_lost() {
            self.ended_connection();
        }
    }

    /// Serves a request that asks the store and, after it, those that stand in line for that. If too many are served
    /// already, it stands in line itself.
    fn run_errands(&self, errand: Errand, seat: &Seat, scratch: &mut Scratch) {
        let desk = if errand.is_read() {
            &self.reading
        } else {
            &self.writing
        };
        let mut next = desk.come(errand);
        let _held_up = next.is_some().then(|| self.crew.held_up(seat));
        while let Some(errand) = next {
            let how = if errand.is_overdue() {
                How::Overdue
            } else {
                How::Waiting
            };
            let Errand {
                ticket,
                mut connection,
                request,
                pass,
                ..
            } = errand;
            seat.serves(Some(connection.socket()));
            match connection.answer(request, Some(pass), self, seat, scratch, how) {
                Then::Park => self.park(ticket, connection, seat),
                // Its client sends nothing more, and so holds nobody up.
                Then::GoOn | Then::Ask(..) => {
                    drop(self.attend(ticket, connection, seat, scratch, true))
                }
                Then::End => self.end(ticket, connection, seat),
            }
            next = desk.next();
        }
    }

    /// Accepts those who came. Never waits: if another thread is at it, that one goes on.
    fn accept(&self) {
        self.newcomers.store(true, Ordering::SeqCst);
        while self.newcomers.load(Ordering::SeqCst) {
            let _one_at_a_time = match self.accepting.try_lock() {
                Ok(guard) => guard,
                Err(TryLockError::Poisoned(guard)) => guard.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            while self.newcomers.swap(false, Ordering::SeqCst) {
                self.accept_all();
            }
        }
    }

    /// Accepts all who wait, as far as there is room.
    fn accept_all(&self) {
        while !self.stopping.load(Ordering::Acquire) && self.has_room() {
            let accepted = self.listener.accept(|| self.parking.peers());
            let refused = match accepted.map(|connection| self.admit(connection)) {
                Ok(Ok(())) => {
                    self.refusing.store(false, Ordering::SeqCst);
                    continue;
                }
                Ok(Err(error)) => error,
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return,
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted => continue,
                    _ => error,
                },
            };
            self.full.store(true, Ordering::SeqCst);
            if !self.refusing.swap(true, Ordering::SeqCst) {
                tracing::warn!(why = %refused, "cannot accept a connection; going on when another ends");
            }
            return;
        }
    }

    fn admit(&self, connection: Box<Connection>) -> io::Result<()> {
        self.open.fetch_add(1, Ordering::SeqCst);
        self.service.metrics.connections.inc();
        self.parking
            .admit(connection)
            .inspect_err(|_| self.count_ended())
    }

    /// Whether one more connection may be accepted. If not, whoever ends one accepts the next.
    fn has_room(&self) -> bool {
        let room = || self.open.load(Ordering::SeqCst) < self.max_connections;
        if room() {
            return true;
        }
        self.full.store(true, Ordering::SeqCst);
        // One may have ended just before that.
        room()
    }

    /// Accepts those who were left waiting, if any were.
    pub(super) fn accept_waiting(&self) {
        if self.full.load(Ordering::SeqCst) && self.full.swap(false, Ordering::SeqCst) {
            self.accept();
        }
    }

    fn ended_connection(&self) {
        self.count_ended();
        self.accept_waiting();
    }

    fn count_ended(&self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
        self.service.metrics.connections.dec();
    }
}
